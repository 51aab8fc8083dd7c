#include "collectors/counts/reference_table.h"

#include <catch2/catch.hpp>
#include <set>

#include "tables/tables.h"
#include "tests/unit/tables/in_threads.h"
#include "tests/unit/tables/open_tables.h"

using reference_table::Put;

namespace {

struct Content {
  uint64_t entries = 0;
  std::multiset<std::pair<uint64_t, uint64_t>> live;  // mode, key
};

Content content() {
  Content c;
  const auto visit = [&](layout::LiveBlock& entry) {
    c.entries++;
    if (entry.address > layout::kLiveBusy) {
      c.live.insert({entry.size, entry.address - layout::kReferenceBias});
    }
  };
  OpenTables::for_each<layout::LiveBlock>(tables::header().references, visit);
  for (auto& heads : tables::header().large_references) {
    OpenTables::for_each<layout::LiveBlock>(heads, visit);
  }
  return c;
}

struct Fixture {
  OpenTables open{32 << 20};
  Fixture() { reference_table::forget(); }
};

}  // namespace

TEST_CASE("a key is there from its addition to its removal, in its own profile alone") {
  Fixture fixture;
  CHECK(!reference_table::remove(3, 0x1000));
  CHECK(reference_table::put(3, 0x1000, 7) == Put::kNew);
  CHECK(reference_table::put(4, 0x1000, 8) == Put::kNew);
  CHECK(content().live.size() == 2);
  CHECK(reference_table::remove(3, 0x1000));
  CHECK(!reference_table::remove(3, 0x1000));
  CHECK(content().live == std::multiset<std::pair<uint64_t, uint64_t>>{{4, 0x1000}});
}

TEST_CASE("a key that is added again is replaced") {
  Fixture fixture;
  reference_table::put(3, 0x1000, 7);
  CHECK(reference_table::put(3, 0x1000, 8) == Put::kReplaced);
  CHECK(content().live.size() == 1);
  CHECK(reference_table::put(3, 0x1000, 9) == Put::kReplaced);
  CHECK(content().entries == 1);
}

TEST_CASE("any number is a key but the two that look like an entry that is free") {
  Fixture fixture;
  CHECK(!reference_table::can_hold(~uint64_t{0}));
  CHECK(!reference_table::can_hold(~uint64_t{1}));
  for (const uint64_t key : {uint64_t{0}, uint64_t{1}, uint64_t{2}, ~uint64_t{2}}) {
    CHECK(reference_table::can_hold(key));
    CHECK(reference_table::put(3, key, 7) == Put::kNew);
  }
  CHECK(content().live.size() == 4);
  CHECK(reference_table::remove(3, 0));
  CHECK(content().live.size() == 3);
}

TEST_CASE("entries of keys that are gone are used again") {
  Fixture fixture;
  for (uint64_t i = 0; i < 200000; i++) {
    reference_table::put(3, 0x1000 + i % 50, 7);
    reference_table::remove(3, 0x1000 + i % 50);
  }
  CHECK(content().entries <= 50);
  CHECK(content().live.empty());
}

TEST_CASE("a key without room is refused, and those that are there go on") {
  OpenTables open(128 * 1024);
  reference_table::forget();
  reference_table::put(3, 1, 7);
  OpenTables::fill_up();
  CHECK(reference_table::put(3, 2, 7) == Put::kNoRoom);
  CHECK(reference_table::put(3, 1, 8) == Put::kReplaced);
  CHECK(content().live.size() == 1);
}

TEST_CASE(
    "threads that add and remove the same keys at once leave each at most once when all is done") {
  Fixture fixture;
  in_threads(4, [](int) {
    for (uint64_t i = 0; i < 50000; i++) {
      reference_table::put(3, i % 16, 7);
      if (i % 3 == 0) reference_table::remove(3, i % 16);
    }
  });
  for (uint64_t key = 0; key < 16; key++) reference_table::put(3, key, 9);
  CHECK(content().live.size() == 16);
  for (uint64_t key = 0; key < 16; key++) CHECK(reference_table::remove(3, key));
  CHECK(content().live.empty());
}
