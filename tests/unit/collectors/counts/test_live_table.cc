#include "collectors/counts/live_table.h"

#include <catch2/catch.hpp>

#include "tables/tables.h"
#include "tables/weight.h"
#include "tests/unit/collectors/counts/live_content.h"

using namespace live_content;

TEST_CASE("a block is live from its insertion to its removal") {
  Fixture fixture;
  LiveEntry entry{};
  CHECK(!live_table::may_hold(address(1)));
  CHECK(!live_table::remove(address(1), &entry));
  put_in(address(1), {100, 7});
  CHECK(live_table::may_hold(address(1)));
  CHECK(content().bytes == 100);
  REQUIRE(live_table::remove(address(1), &entry));
  CHECK(entry.size == 100);
  CHECK(entry.sample == 7);
  CHECK(!live_table::remove(address(1), &entry));
  CHECK(!live_table::may_hold(address(1)));
}

TEST_CASE("a block whose free was not seen is replaced by the next at its address") {
  Fixture fixture;
  put_in(address(1), {100, 7});
  put_in(address(1), {30, 8});
  CHECK(content().live == 1);
  LiveEntry entry{};
  REQUIRE(live_table::remove(address(1), &entry));
  CHECK(entry.size == 30);
  CHECK(entry.sample == 8);
  CHECK(in_filter() == 0);
}

TEST_CASE("entries are used again: memory grows with what lives, not with what was") {
  Fixture fixture;
  LiveEntry entry{};
  for (uint64_t i = 0; i < 200000; i++) {
    put_in(address(i % 50), {i, 1});
    live_table::remove(address(i % 50), &entry);
  }
  CHECK(content().entries <= 50);
  CHECK(content().live == 0);
}

TEST_CASE("full tables lose blocks and count them, and go on with the free entries") {
  OpenTables open(128 * 1024);
  live_table::clear();
  put_in(address(1), {10, 1});
  OpenTables::fill_up();
  for (uint64_t i = 2; i < 100; i++) put_in(address(i), {10, 1});
  const uint64_t lost = tables::header().counters[layout::kLiveLost];
  CHECK(lost == 98);
  CHECK(in_filter() == 1);
  LiveEntry entry{};
  CHECK(live_table::remove(address(1), &entry));
  CHECK(in_filter() == 0);
  put_in(address(1), {20, 1});
  CHECK(live_table::remove(address(1), &entry));
  CHECK(entry.size == 20);
}

TEST_CASE("what full tables cannot follow is summed up as it would have been in use") {
  OpenTables open(128 * 1024);
  live_table::clear();
  layout::Header& h = tables::header();
  // cpu, heap, and allocs, which shows heap's blocks: each block is reported once
  h.mode_count = 3;
  h.modes[0].live_from = h.modes[0].value_count = 2;
  for (int i : {1, 2}) {
    h.modes[i].value_count = 4;
    h.modes[i].live_from = 2;
    h.modes[i].period = 1000;
  }
  OpenTables::fill_up();
  for (uint64_t i = 0; i < 10; i++) put_in(address(i), {500, 1});
  const double objects = 10 * weight::of_allocation(500, 1000);
  CHECK(h.unfollowed_objects == Approx(objects));
  CHECK(h.unfollowed_bytes == Approx(objects * 500));
  CHECK(h.counters[layout::kLiveLost] == 10);
}

TEST_CASE("a hundred thousand blocks are found in chains of a few") {
  Fixture fixture;
  constexpr uint64_t kBlocks = 100000;
  const uint32_t buckets = tables::bounds.buckets = 8 * layout::kHeadsPerSegment;
  // a power of two apart, as arenas and large blocks are
  const auto block = [](uint64_t n) { return address(n << 12); };
  for (uint64_t i = 0; i < kBlocks; i++) put_in(block(i), {i, 1});
  CHECK(content().live == kBlocks);
  CHECK(longest_chain(tables::header().live) < 10);
  uint64_t in_small = 0;
  OpenTables::for_each<LiveBlock>(tables::header().live, [&](LiveBlock&) { in_small++; });
  CHECK(in_small == buckets / 2);
  for (auto& heads : tables::header().large_live) CHECK(longest_chain(heads) < 12);
  LiveEntry entry{};
  uint64_t right = 0;
  for (uint64_t i = 0; i < kBlocks; i++)
    right +=
        live_table::may_hold(block(i)) && live_table::remove(block(i), &entry) && entry.size == i;
  CHECK(right == kBlocks);
  CHECK(content().live == 0);
  CHECK(in_filter() == 0);
  const uint64_t used = tables::header().used;
  for (uint64_t i = 0; i < kBlocks; i++) put_in(block(i), {i, 1});
  CHECK(content().live == kBlocks);
  CHECK(tables::header().used == used);  // in the places of the first
}

TEST_CASE("looking for a block that is not there takes no memory") {
  Fixture fixture;
  const uint64_t used = tables::header().used;
  LiveEntry entry{};
  uint64_t found = 0;
  for (uint64_t i = 0; i < 100000; i++) found += live_table::remove(address(i * 37), &entry);
  CHECK(found == 0);
  CHECK(tables::header().used == used);
}

TEST_CASE("null is never a block, though a free entry has no address") {
  Fixture fixture;
  LiveEntry entry{};
  for (uint64_t i = 0; i < 5000; i++) {
    put_in(address(i), {1, 1});
    live_table::remove(address(i), &entry);
  }
  const auto* neighbour = reinterpret_cast<const void*>(uint64_t{16});  // null's cell counts one
  put_in(neighbour, {1, 1});
  CHECK(live_table::may_hold(nullptr));
  CHECK(!live_table::remove(nullptr, &entry));
  CHECK(live_table::may_hold(neighbour));
  CHECK(live_table::remove(neighbour, &entry));
}

TEST_CASE("closed tables hold nothing") {
  live_table::clear();
  LiveEntry entry{};
  put_in(address(1), {1, 1});
  CHECK(!live_table::may_hold(address(1)));
  CHECK(!live_table::remove(address(1), &entry));
}
