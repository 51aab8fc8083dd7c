// Another process that has the tables' file writes to it while the host works: the host ends well.
#include <sys/mman.h>
#include <unistd.h>

#include <atomic>
#include <catch2/catch.hpp>
#include <memory>
#include <random>
#include <string>
#include <thread>

#include "collectors/counts/descriptor_table.h"
#include "collectors/counts/inherited_sample.h"
#include "collectors/counts/live_table.h"
#include "collectors/counts/reference_table.h"
#include "collectors/counts/sample_table.h"
#include "collectors/life/thread.h"
#include "collectors/trace/trace_ring.h"
#include "collectors/unwind/objects.h"
#include "collectors/unwind/stack_table.h"
#include "tests/unit/tables/open_tables.h"

namespace {

constexpr size_t kSize = size_t{1} << 20;

struct SharedTables {
  int file = memfd_create("tables", MFD_CLOEXEC);
  bool is_long = ftruncate(file, kSize) == 0;
  OpenTables open{kSize, file};
  // As the other process has it.
  uint32_t* words =
      static_cast<uint32_t*>(mmap(nullptr, kSize, PROT_READ | PROT_WRITE, MAP_SHARED, file, 0));
  SharedTables() { REQUIRE(words != MAP_FAILED); }
  ~SharedTables() {
    munmap(words, kSize);
    close(file);
  }
  void write(layout::Ref ref, size_t offset, uint32_t value) {
    words[(ref * layout::kRefUnit + offset) / 4] = value;
  }
  uint64_t damaged() const { return tables::header().counters[layout::kDamaged]; }
};

uint32_t hostile_value(std::mt19937& random) {
  constexpr uint32_t kUnits = kSize / layout::kRefUnit;
  switch (random() % 6) {
    case 0:
      return 0;
    case 1:
      return UINT32_MAX - random() % 4;
    case 2:
      return kUnits - random() % 64;
    case 3:
      return random() % 256;
    case 4:
      return static_cast<uint32_t>(random());
    default:
      return random() % kUnits;  // another entry: chains join and lead in circles
  }
}

// Some of all that writes to the tables.
void work(unsigned round, Thread& thread) {
  const auto trace = std::make_unique<StackTrace>();
  trace->depth = round % 40;
  for (unsigned i = 0; i < trace->depth; i++) trace->pc[i] = 0x1000 + round % 97 * i;
  const layout::Ref stack = stack_table::intern(*trace);
  layout::Label label{};
  label.key = tables::text("tenant");
  label.text = tables::text("number " + std::to_string(round % 50));
  const layout::Ref labels = tables::label_set(&label, 1);
  const double values[] = {1, 2};
  const layout::Ref row = sample_table::add({0, stack, labels, round % 3}, values, 2);
  if (round % 1000 == 0) sample_table::take_back(0, 1);
  const auto* block = reinterpret_cast<const void*>(uint64_t{0x10000} + round % 512 * 64);
  LiveEntry old{};
  live_table::insert(block, {round, row}, &old);
  if (round % 2 == 0) live_table::remove(block, &old);
  reference_table::put(0, round % 300, row);
  reference_table::remove(0, (round + 7) % 300);
  const int number = static_cast<int>(round % 2000);
  descriptor_table::put(number, {row, round | 1});
  if (round % 3 == 0) descriptor_table::clear(number);
  trace_ring::append({.kind = layout::TraceKind::kLog, .stack = stack, .time_ns = round}, "a line");
  if (round % 500 == 0) trace_ring::thread_ending(trace_ring::of(thread));
  objects::find(reinterpret_cast<uint64_t>(&work));
  const inherited_sample::Parents self{tables::base, kSize, tables::bounds.committed};
  if (round % 50 == 0) inherited_sample::bring_over(self, static_cast<layout::Ref>(round), 0);
}

}  // namespace

TEST_CASE(
    "tables that another process writes to at random, all the time, neither harm nor hold up") {
  SharedTables shared;
  REQUIRE(shared.is_long);
  live_table::clear();
  objects::start();
  tables::header().modes[0].armed = 1;
  REQUIRE(descriptor_table::open());
  REQUIRE(trace_ring::open(0, 4 * sizeof(layout::TraceSegment)));
  Thread* thread = threads::acquire();
  threads::begin_main(*thread);
  std::atomic<bool> over{false};
  std::thread other([&] {
    std::mt19937 random(4711);
    constexpr size_t kHeader = sizeof(layout::Header) / 4;
    while (!over) {
      const size_t most = random() % 4 == 0 ? kHeader : kSize / 4;
      std::atomic_ref(shared.words[random() % most]) = hostile_value(random);
    }
  });
  for (unsigned round = 0; round < 300000; round++) work(round, *thread);
  over = true;
  other.join();
  CHECK(tables::bounds.size == kSize);
  CHECK(tables::bounds.used <= kSize);
  CHECK(tables::bounds.committed <= kSize);
  trace_ring::close();
  trace_ring::thread_ending(trace_ring::of(*thread));
  threads::end(*thread);
}

TEST_CASE("a chain that leads in a circle ends, is counted, and still takes entries") {
  SharedTables shared;
  const layout::Ref first = tables::text("first");
  // Of itself: whatever is looked for in this chain is not there.
  shared.write(first, offsetof(layout::Text, next), first);
  layout::AtomicRef* head = nullptr;
  for (uint32_t i = 0; i < layout::kHeadsPerSegment; i++) {
    head = tables::head_if_there(tables::header().texts, i, layout::kHeadsPerSegment);
    if (*head == first) break;
  }
  REQUIRE(*head == first);
  const auto never = [](layout::Ref, const layout::Text&) { return false; };
  CHECK(tables::find<layout::Text>(*head, 0, never) == 0);
  CHECK(shared.damaged() == 1);
  const layout::Ref fresh = tables::allocate(sizeof(layout::Text));
  CHECK(tables::push<layout::Text>(*head, fresh));
  CHECK(*head == fresh);
}

TEST_CASE("a reference that leads into the header or beyond what can be touched leads nowhere") {
  SharedTables shared;
  const auto end = static_cast<layout::Ref>(tables::bounds.committed / layout::kRefUnit);
  CHECK(tables::at<uint64_t>(0) == nullptr);
  CHECK(tables::at<uint64_t>(1) == nullptr);
  CHECK(tables::at<uint64_t>(end - 1) != nullptr);
  CHECK(tables::at<layout::Sample>(end - 1) == nullptr);
  CHECK(tables::at<uint64_t>(end) == nullptr);
  CHECK(tables::at<uint64_t>(UINT32_MAX) == nullptr);
  // What the header says of itself counts for nothing.
  tables::header().committed = tables::header().limit = uint64_t{1} << 40;
  tables::header().used = 0;
  CHECK(tables::at<uint64_t>(end) == nullptr);
  CHECK(tables::allocate(8) * layout::kRefUnit >= sizeof(layout::Header));
  CHECK(tables::allocate(kSize) == 0);
}

TEST_CASE("a text that grows below its reader is read as long as it was, or not at all") {
  SharedTables shared;
  const layout::Ref text = tables::text("hello");
  CHECK(tables::text_at(text) == "hello");
  CHECK(tables::text_at(0).empty());
  shared.write(text, offsetof(layout::Text, length), UINT32_MAX);
  CHECK(tables::text_at(text).empty());
}

TEST_CASE("the header's number of modes never leads beyond them") {
  SharedTables shared;
  tables::header().mode_count = UINT32_MAX;
  CHECK(tables::mode_count() == layout::kMaxModes);
}
