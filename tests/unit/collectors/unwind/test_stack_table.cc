#include "collectors/unwind/stack_table.h"

#include <catch2/catch.hpp>
#include <memory>
#include <vector>

#include "tests/unit/tables/in_threads.h"
#include "tests/unit/tables/open_tables.h"

namespace {

std::unique_ptr<StackTrace> trace_of(std::vector<uint64_t> pcs, uint16_t flags = 0) {
  auto trace = std::make_unique<StackTrace>();
  trace->depth = static_cast<uint32_t>(pcs.size());
  trace->flags = flags;
  std::copy(pcs.begin(), pcs.end(), trace->pc);
  return trace;
}

}  // namespace

TEST_CASE("a stack is kept once, as it was") {
  OpenTables open;
  const auto trace = trace_of({0x1000, 0x2000, 0x3000});
  const layout::Ref ref = stack_table::intern(*trace);
  REQUIRE(ref != 0);
  CHECK(stack_table::intern(*trace) == ref);
  const layout::Stack& kept = *tables::made<layout::Stack>(ref);
  CHECK(kept.depth == 3);
  CHECK(kept.flags == 0);
  CHECK(std::vector(kept.pc, kept.pc + 3) == std::vector<uint64_t>{0x1000, 0x2000, 0x3000});
}

TEST_CASE("stacks that differ in depth, order or flags are different") {
  OpenTables open;
  const layout::Ref ref = stack_table::intern(*trace_of({1, 2, 3}));
  CHECK(stack_table::intern(*trace_of({1, 2})) != ref);
  CHECK(stack_table::intern(*trace_of({1, 3, 2})) != ref);
  CHECK(stack_table::intern(*trace_of({1, 2, 3}, layout::kStackTruncated)) != ref);
  CHECK(stack_table::intern(*trace_of({1, 2, 3, 0})) != ref);
}

TEST_CASE("a stack without frames is a stack too") {
  OpenTables open;
  const auto nothing = trace_of({}, layout::kStackUnknown);
  const layout::Ref ref = stack_table::intern(*nothing);
  CHECK(ref != 0);
  CHECK(stack_table::intern(*nothing) == ref);
}

TEST_CASE("the same addresses in another generation are another stack") {
  OpenTables open;
  const layout::Ref before = stack_table::intern(*trace_of({7, 8}));
  tables::header().generation++;
  const layout::Ref after = stack_table::intern(*trace_of({7, 8}));
  CHECK(after != before);
  CHECK(tables::made<layout::Stack>(before)->generation == 0);
  CHECK(tables::made<layout::Stack>(after)->generation == 1);
}

TEST_CASE("the deepest stack fits") {
  OpenTables open;
  const auto trace = trace_of(std::vector<uint64_t>(layout::kMaxDepth, 0x4711));
  const layout::Ref ref = stack_table::intern(*trace);
  CHECK(tables::made<layout::Stack>(ref)->pc[layout::kMaxDepth - 1] == 0x4711);
}

TEST_CASE("full or closed tables give no stack, but what is in them is found") {
  CHECK(stack_table::intern(*trace_of({1})) == 0);
  OpenTables open(128 * 1024);
  const layout::Ref known = stack_table::intern(*trace_of({1}));
  OpenTables::fill_up();
  CHECK(stack_table::intern(*trace_of({1})) == known);
  CHECK(stack_table::intern(*trace_of({2})) == 0);
}

TEST_CASE("threads that intern the same stacks at once get the same ones, each once") {
  OpenTables open(32 << 20);
  constexpr uint64_t kStacks = 5000;
  std::vector<layout::Ref> got[4];
  in_threads(4, [&](int me) {
    const auto trace = trace_of(std::vector<uint64_t>(20, 5));
    for (uint64_t i = 0; i < kStacks; i++) {
      trace->pc[10] = i;
      got[me].push_back(stack_table::intern(*trace));
    }
  });
  for (int me = 1; me < 4; me++) CHECK(got[me] == got[0]);
  uint64_t entries = 0;
  OpenTables::for_each<layout::Stack>(tables::header().stacks, [&](auto&) { entries++; });
  CHECK(entries == kStacks);
}
