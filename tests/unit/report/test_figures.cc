// What a profile says of its functions.
#include <catch2/catch.hpp>

#include "program/profiles/figures.h"
#include "tests/unit/report/small_profile.h"

using namespace program;

namespace {

const FigureRow& row(const FigureTable& table, const std::string& name) {
  return table.rows().at(name);
}

}  // namespace

TEST_CASE("flat is of the leaf, cum of each function once, however often it calls itself") {
  SmallProfile profile("fd", {{"fd", "count"}});
  profile.add("leaf inner outer", {3}).add("inner inner outer", {4}).add("outer", {1});
  FigureTable table;
  table.add(profile.profile(), 0);
  CHECK(table.total().value == 8);
  CHECK(table.is_exact());
  CHECK(row(table, "leaf").flat.value == 3);
  CHECK(row(table, "inner").flat.value == 4);
  CHECK(row(table, "inner").cum.value == 7);
  CHECK(row(table, "outer").cum.value == 8);
  CHECK(row(table, "leaf").callers.at("inner") == 3);
  CHECK(table.sorted(false)[0]->name == "inner");
  CHECK(table.sorted(true)[0]->name == "outer");
}

TEST_CASE("an allocation of a sampled heap has the variance of its weight, at rate 1 none") {
  const std::vector<std::pair<std::string, std::string>> types = {{"alloc_objects", "count"},
                                                                  {"alloc_space", "bytes"}};
  FigureTable exact, sampled;
  exact.add(SmallProfile("heap", types, 1).add("f", {4, 64}).profile(), 0);
  CHECK(exact.is_exact());
  CHECK(exact.total().variance == 0);
  // One of 2^19 bytes at that rate: p = 1 - 1/e.
  sampled.add(SmallProfile("heap", types, 524288).add("f", {1, 524288}).profile(), 1);
  CHECK_FALSE(sampled.is_exact());
  CHECK(sampled.total().variance == Approx(524288.0 * 524288 * 0.58198).epsilon(1e-4));
}

TEST_CASE("a part of CPU time has the variance of its samples, the total is measured") {
  FigureTable table;
  SmallProfile profile("cpu", {{"samples", "count"}, {"cpu", "nanoseconds"}}, 10000000);
  profile.add("f main", {4, 40000000}).add("g main", {1, 10000000});
  table.add(profile.profile(), 1);
  CHECK(table.total().variance == 0);
  CHECK(row(table, "f").flat.variance == Approx(40000000.0 * 40000000 / 4));
}

TEST_CASE("functions of one name in two files are two, wherever the files were built") {
  SmallProfile profile("fd", {{"fd", "count"}});
  profile.add("f", {1});
  FigureTable table(Grouping::kFunctionInFile);
  table.add(profile.profile(), 0);
  CHECK(table.rows().count("f\nf.c") == 1);
}
