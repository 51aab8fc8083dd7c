#include "collectors/counts/sample_table.h"

#include <catch2/catch.hpp>

#include "tables/tables.h"
#include "tests/unit/tables/in_threads.h"
#include "tests/unit/tables/open_tables.h"

using layout::Ref;
using layout::Sample;

namespace {

layout::ModeEntry& mode(uint32_t index) {
  return tables::header().modes[index];
}

struct Sums {
  uint64_t rows = 0;
  double values[2] = {};
};

Sums sums_of_rows() {
  Sums sums;
  OpenTables::for_each<Sample>(tables::header().samples, [&](Sample& s) {
    sums.rows++;
    for (int i = 0; i < 2; i++) sums.values[i] += s.value[i];
  });
  return sums;
}

}  // namespace

TEST_CASE("the same key adds up in one row, any other key has its own") {
  OpenTables open;
  const double values[2] = {1, 10};
  const SampleKey key{1, 100, 7, 64};
  const Ref row = sample_table::add(key, values, 2);
  REQUIRE(row != 0);
  CHECK(sample_table::add(key, values, 2) == row);
  CHECK(tables::made<Sample>(row)->value[0] == 2);
  CHECK(tables::made<Sample>(row)->value[1] == 20);
  CHECK(tables::made<Sample>(row)->value[2] == 0);
  for (const SampleKey& other : {SampleKey{2, 100, 7, 64}, SampleKey{1, 101, 7, 64},
                                 SampleKey{1, 100, 8, 64}, SampleKey{1, 100, 7, 65}}) {
    CHECK(sample_table::add(other, values, 2) != row);
  }
  CHECK(mode(1).samples == 5);
  CHECK(mode(2).samples == 1);
}

TEST_CASE("sums of four threads are exact") {
  OpenTables open(32 << 20);
  constexpr uint32_t kRounds = 50000;
  constexpr uint32_t kStacks = 97;
  in_threads(4, [&](int me) {
    for (uint32_t i = 0; i < kRounds; i++) {
      const double values[2] = {1, static_cast<double>(i % 1000)};
      sample_table::add({0, 1 + i % kStacks, static_cast<Ref>(me % 2), 0}, values, 2);
    }
  });
  const Sums sums = sums_of_rows();
  CHECK(sums.rows == 2 * kStacks);
  CHECK(sums.values[0] == 4.0 * kRounds);
  CHECK(sums.values[1] == 4.0 * kRounds * 999 / 2);
  CHECK(mode(0).samples == 4 * kRounds);
  CHECK(mode(0).lost == 0);
}

TEST_CASE("what finds no room is lost by name, so that totals stay true") {
  OpenTables open(128 * 1024);
  constexpr uint32_t kEvents = 40000;
  std::atomic<uint32_t> refused{0};
  in_threads(4, [&](int me) {
    for (uint32_t i = 0; i < kEvents; i++) {
      const double values[2] = {1, 100};
      refused +=
          sample_table::add({0, 1 + i + kEvents * static_cast<Ref>(me), 0, 0}, values, 2) == 0;
    }
  });
  const Sums sums = sums_of_rows();
  CHECK(mode(0).lost == refused);
  CHECK(mode(0).lost > 0);
  CHECK(mode(0).samples + mode(0).lost == 4 * kEvents);
  CHECK(sums.values[0] + mode(0).lost_value[0] == 4.0 * kEvents);
  CHECK(sums.values[1] + mode(0).lost_value[1] == 400.0 * kEvents);
}

TEST_CASE("an event whose stack found no room is lost, with its values") {
  OpenTables open;
  const double values[2] = {2, 3};
  CHECK(sample_table::add({3, 0, 0, 0}, values, 2) == 0);
  sample_table::lose(3, values, 2);
  CHECK(mode(3).lost == 2);
  CHECK(mode(3).lost_value[1] == 6);
  CHECK(mode(3).samples == 0);
}

TEST_CASE("closed tables take no sample and lose none") {
  const double values[2] = {1, 1};
  CHECK(sample_table::add({0, 1, 0, 0}, values, 2) == 0);
  sample_table::lose(0, values, 2);
}
