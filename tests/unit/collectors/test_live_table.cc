#include "collectors/core/live_table.h"

#include <catch2/catch.hpp>
#include <random>
#include <vector>

#include "env/safe/tables.h"
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
  OpenTables::for_each<LiveBlock>(tables::header().live, [&](LiveBlock& block) {
    c.entries++;
    if (block.address <= layout::kLiveBusy) return;
    c.live++;
    c.bytes += block.size;
  });
  return c;
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

TEST_CASE("the filter says no for nearly all addresses, and is empty at the end") {
  Fixture fixture;
  for (uint64_t i = 0; i < 1000; i++) live_table::insert(address(i), {1, 1});
  int held = 0;
  for (uint64_t i = 0; i < 1000; i++) held += live_table::may_hold(address(i));
  CHECK(held == 1000);
  int others = 0;
  for (uint64_t i = 0; i < 100000; i++) others += live_table::may_hold(address(100000 + i * 37));
  CHECK(others < 3000);  // 1000 of 65536 classes
  LiveEntry entry{};
  for (uint64_t i = 0; i < 1000; i++) live_table::remove(address(i), &entry);
  CHECK(in_filter() == 0);
}

TEST_CASE("a class with 255 and more blocks says yes for ever, and no block is lost") {
  Fixture fixture;
  std::vector<const void*> same_class;
  const uint64_t wanted = live_table::hash(0x7f0000000000) >> (64 - live_table::kFilterBits);
  for (uint64_t n = 0; same_class.size() < 300; n++) {
    const void* p = address(n);
    if (live_table::hash(reinterpret_cast<uint64_t>(p)) >> (64 - live_table::kFilterBits) ==
        wanted) {
      same_class.push_back(p);
    }
  }
  for (const void* p : same_class) live_table::insert(p, {1, 1});
  CHECK(content().live == 300);
  LiveEntry entry{};
  int removed = 0;
  for (const void* p : same_class)
    removed += live_table::may_hold(p) && live_table::remove(p, &entry);
  CHECK(removed == 300);
  CHECK(live_table::may_hold(same_class[0]));
  live_table::clear();
  CHECK(!live_table::may_hold(same_class[0]));
}

TEST_CASE("full tables lose blocks and count them, and go on with the free entries") {
  OpenTables open(128 * 1024);
  live_table::clear();
  live_table::insert(address(1), {10, 1});
  OpenTables::fill_up();
  for (uint64_t i = 2; i < 100; i++) live_table::insert(address(i), {10, 1});
  const uint64_t lost = tables::header().counters[layout::kLiveLost];
  CHECK(lost == 98);
  LiveEntry entry{};
  CHECK(live_table::remove(address(1), &entry));
  CHECK(in_filter() == 0);
  live_table::insert(address(1), {20, 1});
  CHECK(live_table::remove(address(1), &entry));
  CHECK(entry.size == 20);
}

TEST_CASE("four threads that exchange blocks leave exactly what is theirs") {
  Fixture fixture;
  constexpr uint64_t kSlots = 512;
  // 0: nobody's; else the size of the block that lives there. Taking a slot takes the block.
  static std::atomic<uint64_t> slots[kSlots];
  for (auto& slot : slots) slot = 0;
  std::atomic<int> wrong{0};
  in_threads(4, [&](int me) {
    std::mt19937_64 random(static_cast<uint64_t>(me) + 1);
    constexpr uint64_t kTaken = ~uint64_t{0};
    for (int i = 0; i < 200000; i++) {
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
