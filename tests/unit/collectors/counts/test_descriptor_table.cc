#include "collectors/counts/descriptor_table.h"

#include <catch2/catch.hpp>
#include <vector>

#include "tables/tables.h"
#include "tests/unit/tables/open_tables.h"

namespace {

using descriptor_table::Word;

struct Fixture {
  OpenTables open{16 << 20};
  Fixture() {
    REQUIRE(descriptor_table::open());
    descriptor_table::for_each(0, [](int number, Word) { descriptor_table::clear(number); });
  }
};

std::vector<int> known(unsigned first = 0) {
  std::vector<int> numbers;
  descriptor_table::for_each(first, [&](int number, Word) { numbers.push_back(number); });
  return numbers;
}

// The same as a reader of the tables has it.
uint64_t shown(unsigned number) {
  const auto& directory =
      *tables::made<layout::DescriptorDirectory>(tables::header().descriptors.load());
  const layout::Ref segment = directory.segments[number / layout::kDescriptorsPerSegment];
  if (segment == 0) return 0;
  return tables::made<layout::DescriptorSegment>(segment)
      ->word[number % layout::kDescriptorsPerSegment];
}

}  // namespace

TEST_CASE("a descriptor is known, here and to readers, until it is cleared") {
  Fixture fixture;
  for (const int number : {0, 3, 511, 512, 1048575}) {
    CHECK(descriptor_table::get(number).identity == 0);
    REQUIRE(descriptor_table::put(number, {7, 9}));
    CHECK(descriptor_table::get(number).sample == 7);
    CHECK(shown(static_cast<unsigned>(number)) == (uint64_t{9} << 32 | 7));
  }
  CHECK(known() == std::vector<int>{0, 3, 511, 512, 1048575});
  CHECK(known(4) == std::vector<int>{511, 512, 1048575});
  for (const int number : known()) descriptor_table::clear(number);
  CHECK(known().empty());
  CHECK(shown(512) == 0);
}

TEST_CASE("numbers that are none, or too large, are refused and harm nothing") {
  Fixture fixture;
  for (const int number : {-1, 1048576, 2147483647}) {
    CHECK(!descriptor_table::put(number, {7, 9}));
    CHECK(descriptor_table::get(number).identity == 0);
    descriptor_table::clear(number);
  }
  CHECK(known().empty());
}

TEST_CASE("a word is replaced only while it is the one that was seen") {
  Fixture fixture;
  descriptor_table::put(5, {7, 9});
  CHECK(!descriptor_table::replace(5, {6, 9}, {8, 9}));
  CHECK(descriptor_table::replace(5, {7, 9}, {8, 9}));
  CHECK(descriptor_table::get(5).sample == 8);
  CHECK(descriptor_table::replace(5, {8, 9}, {0, 0}));
  CHECK(known().empty());
}

TEST_CASE("without room in the tables a descriptor is not half known") {
  OpenTables open(192 * 1024);
  REQUIRE(descriptor_table::open());
  OpenTables::fill_up();
  CHECK(!descriptor_table::put(4000, {7, 9}));
  CHECK(descriptor_table::get(4000).identity == 0);
}
