#include "collectors/core/live_table.h"

#include <algorithm>
#include <catch2/catch.hpp>
#include <random>

#include "env/safe/tables.h"
#include "env/safe/weight.h"
#include "tests/unit/safe/in_threads.h"
#include "tests/unit/safe/open_tables.h"

using layout::LiveBlock;

namespace {

const void* address(uint64_t n) {
  return reinterpret_cast<const void*>(0x7f0000000000 + n * 16);
}

unsigned in_filter() {
  unsigned n = 0;
  for (const auto& cell : live_table::filter) n += cell;
  return n;
}

struct Content {
  uint64_t entries = 0, live = 0, bytes = 0;
};

Content content() {
  Content c;
  const auto visit = [&](LiveBlock& block) {
    c.entries++;
    if (block.address <= layout::kLiveBusy) return;
    c.live++;
    c.bytes += block.size;
  };
  OpenTables::for_each<LiveBlock>(tables::header().live, visit);
  for (auto& heads : tables::header().large_live) OpenTables::for_each<LiveBlock>(heads, visit);
  return c;
}

unsigned longest_chain(layout::HashHeads& heads) {
  unsigned longest = 0;
  for (const layout::AtomicRef& segment : heads.segments) {
    if (segment == 0) continue;
    for (unsigned i = 0; i < layout::kHeadsPerSegment; i++) {
      unsigned n = 0;
      for (layout::Ref r = tables::at<layout::AtomicRef>(segment)[i]; r != 0; n++)
        r = tables::at<LiveBlock>(r)->next;
      longest = std::max(longest, n);
    }
  }
  return longest;
}

struct Fixture {
  OpenTables open{16 << 20};
  Fixture() { live_table::clear(); }
};

}  // namespace

TEST_CASE("a block is live from its insertion to its removal") {
  Fixture fixture;
  LiveEntry entry{};
  CHECK(!live_table::may_hold(address(1)));
  CHECK(!live_table::remove(address(1), &entry));
  live_table::insert(address(1), {100, 7});
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
  live_table::insert(address(1), {100, 7});
  live_table::insert(address(1), {30, 8});
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
    live_table::insert(address(i % 50), {i, 1});
    live_table::remove(address(i % 50), &entry);
  }
  CHECK(content().entries <= 50);
  CHECK(content().live == 0);
}

TEST_CASE("full tables lose blocks and count them, and go on with the free entries") {
  OpenTables open(128 * 1024);
  live_table::clear();
  live_table::insert(address(1), {10, 1});
  OpenTables::fill_up();
  for (uint64_t i = 2; i < 100; i++) live_table::insert(address(i), {10, 1});
  const uint64_t lost = tables::header().counters[layout::kLiveLost];
  CHECK(lost == 98);
  CHECK(in_filter() == 1);
  LiveEntry entry{};
  CHECK(live_table::remove(address(1), &entry));
  CHECK(in_filter() == 0);
  live_table::insert(address(1), {20, 1});
  CHECK(live_table::remove(address(1), &entry));
  CHECK(entry.size == 20);
}

TEST_CASE("what full tables cannot follow is summed up as it would have been in use") {
  OpenTables open(128 * 1024);
  live_table::clear();
  layout::Header& h = tables::header();
  // cpu, heap, and allocs, which shows heap's blocks: each block is told once
  h.mode_count = 3;
  h.modes[0].live_from = h.modes[0].value_count = 2;
  for (int i : {1, 2}) {
    h.modes[i].value_count = 4;
    h.modes[i].live_from = 2;
    h.modes[i].period = 1000;
  }
  OpenTables::fill_up();
  for (uint64_t i = 0; i < 10; i++) live_table::insert(address(i), {500, 1});
  const double objects = 10 * weight::of_allocation(500, 1000);
  CHECK(h.unfollowed_objects == Approx(objects));
  CHECK(h.unfollowed_bytes == Approx(objects * 500));
  CHECK(h.counters[layout::kLiveLost] == 10);
}

TEST_CASE("a hundred thousand blocks are found in chains of a few") {
  Fixture fixture;
  constexpr uint64_t kBlocks = 100000;
  const uint32_t buckets = tables::header().live.bucket_count = 8 * layout::kHeadsPerSegment;
  // a power of two apart, as arenas and large blocks are
  const auto block = [](uint64_t n) { return address(n << 12); };
  for (uint64_t i = 0; i < kBlocks; i++) live_table::insert(block(i), {i, 1});
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
  for (uint64_t i = 0; i < kBlocks; i++) live_table::insert(block(i), {i, 1});
  CHECK(content().live == kBlocks);
  CHECK(tables::header().used == used);  // in the places of the first
}

TEST_CASE("looking for a block that is not there takes no memory") {
  Fixture fixture;
  const uint64_t used = tables::header().used;
  LiveEntry entry{};
  for (uint64_t i = 0; i < 100000; i++) CHECK_FALSE(live_table::remove(address(i * 37), &entry));
  CHECK(tables::header().used == used);
}

TEST_CASE("null is never a block, though a free entry has no address") {
  Fixture fixture;
  LiveEntry entry{};
  for (uint64_t i = 0; i < 5000; i++) {
    live_table::insert(address(i), {1, 1});
    live_table::remove(address(i), &entry);
  }
  const auto* neighbour = reinterpret_cast<const void*>(uint64_t{16});  // null's cell counts one
  live_table::insert(neighbour, {1, 1});
  CHECK(live_table::may_hold(nullptr));
  CHECK(!live_table::remove(nullptr, &entry));
  CHECK(live_table::may_hold(neighbour));
  CHECK(live_table::remove(neighbour, &entry));
}

TEST_CASE("a block that two threads free at once is taken out once") {
  Fixture fixture;
  constexpr int kRounds = 20000;
  live_table::insert(address(1), {1, 1});  // in the same cell: a count too few would lose it
  std::atomic<int> taken{0}, arrived{0};
  in_threads(2, [&](int me) {
    for (int i = 0; i < kRounds; i++) {
      if (me == 0) live_table::insert(address(0), {1, 1});
      arrived++;
      while (arrived < 4 * i + 2) std::this_thread::yield();
      LiveEntry entry{};
      taken += live_table::remove(address(0), &entry);
      arrived++;
      while (arrived < 4 * i + 4) std::this_thread::yield();
    }
  });
  CHECK(taken == kRounds);
  CHECK(in_filter() == 1);
  CHECK(live_table::may_hold(address(1)));
}

TEST_CASE("sixteen threads that exchange blocks leave exactly what is theirs") {
  Fixture fixture;
  constexpr uint64_t kSlots = 512;
  // 0: nobody's; else the size of the block that lives there. Taking a slot takes the block.
  static std::atomic<uint64_t> slots[kSlots];
  for (auto& slot : slots) slot = 0;
  std::atomic<int> wrong{0};
  in_threads(16, [&](int me) {
    std::mt19937_64 random(static_cast<uint64_t>(me) + 1);
    constexpr uint64_t kTaken = ~uint64_t{0};
    for (int i = 0; i < 50000; i++) {
      const uint64_t n = random() % kSlots;
      const uint64_t size = slots[n].exchange(kTaken);
      if (size == kTaken) continue;  // somebody is at it, who writes it back
      LiveEntry entry{};
      const bool was = live_table::may_hold(address(n)) && live_table::remove(address(n), &entry);
      if (was != (size != 0) || (was && (entry.size != size || entry.sample != size % 1000 + 1)))
        wrong++;
      const uint64_t next = random() % 4 == 0 ? 0 : 1 + random() % 100000;
      if (next != 0)
        live_table::insert(address(n), {next, static_cast<layout::Ref>(next % 1000 + 1)});
      slots[n] = next;
    }
  });
  CHECK(wrong == 0);
  uint64_t bytes = 0;
  uint64_t live = 0;
  for (const auto& slot : slots) {
    bytes += slot;
    live += slot != 0;
  }
  CHECK(content().live == live);
  CHECK(content().bytes == bytes);
  CHECK(in_filter() == live);
  CHECK(content().entries < 2 * kSlots);
}

TEST_CASE("closed tables hold nothing") {
  live_table::clear();
  LiveEntry entry{};
  live_table::insert(address(1), {1, 1});
  CHECK(!live_table::may_hold(address(1)));
  CHECK(!live_table::remove(address(1), &entry));
}
