#include "env/process_memory.h"

#include <sys/mman.h>

#include <catch2/catch.hpp>
#include <cstring>

namespace {

constexpr size_t kPage = 4096;
constexpr size_t kMib = 1 << 20;

char* map(size_t size) {
  void* p = mmap(nullptr, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  REQUIRE(p != MAP_FAILED);
  madvise(p, size, MADV_NOHUGEPAGE);
  return static_cast<char*>(p);
}

uint64_t address(const char* p) {
  return reinterpret_cast<uint64_t>(p);
}

}  // namespace

TEST_CASE("the counters grow by what is touched, and the parts make the whole") {
  process_memory::Counters before{}, after{};
  REQUIRE(process_memory::read(before));
  char* p = map(64 * kMib);
  std::memset(p, 1, 64 * kMib);
  REQUIRE(process_memory::read(after));
  munmap(p, 64 * kMib);
  // The kernel's counters are kept by processor and may lag.
  CHECK(after.anonymous - before.anonymous > 63 * kMib);
  CHECK(after.anonymous - before.anonymous < 66 * kMib);
  CHECK(after.resident == after.anonymous + after.files + after.shared);
  CHECK(after.main_stack > 0);
}

TEST_CASE("mappings are counted up to a limit") {
  const unsigned before = process_memory::count_mappings(100000);
  char* p = map(2000 * kPage);
  // Every second page has other rights: each is a mapping of its own.
  for (size_t i = 0; i < 2000; i += 2) mprotect(p + i * kPage, kPage, PROT_READ);
  const unsigned after = process_memory::count_mappings(100000);
  CHECK(after - before >= 1998);
  CHECK(after - before <= 2002);
  CHECK(process_memory::count_mappings(500) == 500);
  munmap(p, 2000 * kPage);
}

TEST_CASE("resident pages of a range are counted, where it has holes too") {
  char* p = map(4 * kMib);
  p[0] = p[3 * kPage] = p[3 * kMib] = 1;
  CHECK(process_memory::resident_in(address(p), address(p) + 4 * kMib) == 3 * kPage);
  CHECK(process_memory::resident_in(address(p) + kPage, address(p) + 4 * kMib) == 2 * kPage);
  munmap(p + kMib, kMib);
  CHECK(process_memory::resident_in(address(p), address(p) + 4 * kMib) == 3 * kPage);
  munmap(p, 4 * kMib);
  CHECK(process_memory::resident_in(address(p), address(p) + 4 * kMib) == 0);
}

TEST_CASE("a stack is counted from its top down to where nothing is") {
  char* p = map(8 * kMib);
  p[8 * kMib - 1] = p[7 * kMib - 1] = 1;  // one page in each of the two highest stretches
  p[0] = 1;                               // below a stretch that was never touched
  CHECK(process_memory::resident_below(address(p) + 8 * kMib - 100, 8 * kMib) == 2 * kPage);
  CHECK(process_memory::resident_below(address(p) + 8 * kMib, kMib / 2) == kPage);
  munmap(p, 8 * kMib);
  CHECK(process_memory::resident_below(address(p) + 8 * kMib, 8 * kMib) == 0);
}
