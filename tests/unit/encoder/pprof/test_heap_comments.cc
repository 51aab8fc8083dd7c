#include "encoder/pprof/heap_comments.h"

#include <catch2/catch.hpp>

#include "tests/unit/encoder/decoded.h"

namespace {

constexpr uint64_t kMib = 1 << 20;

encoder::MemoryFacts facts() {
  encoder::MemoryFacts m;
  m.resident = 100 * kMib;
  m.files = 20 * kMib;
  m.shared = 1 * kMib;
  m.stacks = kMib / 2;
  m.profiler = 2 * kMib;
  return m;
}

encoder::MemoryFacts facts_with_glibc() {
  encoder::MemoryFacts m = facts();
  m.allocator.name = "glibc";
  m.allocator.remark = "mallinfo2";
  m.allocator.figures[m.allocator.count++] = {"from the system", 70 * kMib};
  m.allocator.figures[m.allocator.count++] = {"in use", 65 * kMib};
  m.allocator.held_bytes = 70 * kMib;
  m.allocator.used_bytes = 65 * kMib;
  return m;
}

// A heap of one live block.
void put_live(FakeTables& t, uint64_t bytes) {
  const auto size = static_cast<double>(bytes);
  t.live(0x1000, bytes, t.sample(t.stack({0x401000}), {1, size}));
}

}  // namespace

TEST_CASE("resident memory is a sum of what it is made of", "[encoder]") {
  FakeTables t;
  t.heap(1);
  t.allocs(0, 1);
  t.cpu();
  put_live(t, 60 * kMib);
  const encoder::MemoryFacts memory = facts_with_glibc();
  const std::string expected =
      "resident 100.0 MiB = live blocks 60.0 + rounding up and blocks not seen 5.0 + allocator's "
      "free "
      "memory 5.0 + mapped files 20.0 + shared memory 1.0 + thread stacks 0.5 + profiler 2.0 + "
      "other 6.5";
  CHECK(Decoded(t, 0, memory).comment("memory") == expected);
  CHECK(Decoded(t, 1, memory).comment("memory") == expected);
  CHECK(Decoded(t, 0, memory).comment("allocator") ==
        "glibc: 70.0 MiB from the system, 65.0 in use (mallinfo2)");
  CHECK(Decoded(t, 2, memory).comment("memory") == "-");
  CHECK(Decoded(t, 2, memory).comment("allocator") == "-");
  CHECK(Decoded(t, 0, memory).shown_comments().empty());
}

TEST_CASE("live blocks that are not resident are taken off", "[encoder]") {
  FakeTables t;
  t.heap(1);
  put_live(t, 300 * kMib);
  encoder::MemoryFacts memory = facts_with_glibc();
  memory.swapped = 3 * kMib;
  CHECK(Decoded(t, 0, memory).comment("memory") ==
        "resident 100.0 MiB (and 3.0 swapped out) = live blocks 300.0 + rounding up and "
        "blocks not seen 0.0 + allocator's free memory 0.0 + mapped files 20.0 + shared memory 1.0 "
        "+ thread stacks 0.5 + profiler 2.0 - never touched "
        "or swapped out 223.5");
}

TEST_CASE("an allocator that says nothing is named, and shares a term with the rest", "[encoder]") {
  FakeTables t;
  t.heap(1);
  put_live(t, 60 * kMib);
  encoder::MemoryFacts memory = facts();
  memory.allocator.name = "/usr/lib/libother.so";
  const Decoded d(t, 0, memory);
  CHECK(d.comment("memory") ==
        "resident 100.0 MiB = live blocks 60.0 + mapped files 20.0 + shared memory 1.0 + thread "
        "stacks 0.5 + profiler 2.0 + allocator's and other 16.5");
  CHECK(d.comment("allocator") == "/usr/lib/libother.so");
  memory.allocator.remark = "not asked, the process is too large";
  CHECK(Decoded(t, 0, memory).comment("allocator") ==
        "/usr/lib/libother.so (not asked, the process is too large)");
}

TEST_CASE("live blocks are said to be estimated where they are", "[encoder]") {
  FakeTables t;
  t.heap(4096);
  put_live(t, 60 * kMib);
  CHECK(Decoded(t, 0, facts()).comment("memory").find("live blocks 60.0 (estimated) +") !=
        std::string::npos);
}

TEST_CASE("without facts there is no line", "[encoder]") {
  FakeTables t;
  t.heap(1);
  CHECK(Decoded(t).comment("memory") == "-");
  CHECK(Decoded(t, 0, encoder::MemoryFacts{}).comment("memory") == "-");
  CHECK(Decoded(t, 0, encoder::MemoryFacts{}).comment("allocator") == "-");
}

TEST_CASE("memory that came from no malloc is said, where it is most of it", "[encoder]") {
  FakeTables t;
  t.heap(1);
  put_live(t, 1 * kMib);
  encoder::MemoryFacts memory = facts();  // 75.5 MiB have no owner
  const std::vector<std::string> shown = Decoded(t, 0, memory).shown_comments();
  REQUIRE(shown.size() == 1);
  CHECK(shown[0].find("not seen: 75.5 of 100.0 MiB resident came from no malloc") == 0);
  memory.resident = 56 * kMib;  // 31.5
  CHECK(Decoded(t, 0, memory).shown_comments().empty());
  memory.resident = 100 * kMib;
  memory.allocator.held_bytes = memory.allocator.used_bytes = 20 * kMib;  // 56.5 to 20
  CHECK(Decoded(t, 0, memory).shown_comments().empty());
}
