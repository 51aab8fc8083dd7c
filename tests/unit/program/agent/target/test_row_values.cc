#include "program/agent/target/row_values.h"

#include <catch2/catch.hpp>
#include <vector>

using namespace program;

namespace {

// A row's counted value and its value in use, at looks that follow each other; what each shows.
std::vector<std::vector<double>> shown(Fallen fallen, const std::vector<double>& counted) {
  std::vector<std::vector<double>> all;
  RowValues last;
  for (const double value : counted) {
    RowValues now;
    Difference difference(&last, &now, 1, fallen);
    double values[layout::kMaxValues] = {value, 7};
    difference.filter().apply(difference.filter().context, 1, values);
    all.push_back({values[0], values[1]});
    now.settle();
    last = now;
  }
  return all;
}

using Rows = std::vector<std::vector<double>>;

}  // namespace

TEST_CASE("a row is found by its place once all are there, in whatever order they came") {
  RowValues rows;
  for (const layout::Ref ref : {7u, 3u, 4000000000u, 5u}) rows.add(ref)[1] = ref;
  rows.settle();
  for (const layout::Ref ref : {3u, 5u, 7u, 4000000000u}) {
    REQUIRE(rows.find(ref) != nullptr);
    CHECK((*rows.find(ref))[1] == ref);
  }
  for (const layout::Ref ref : {0u, 4u, 8u, 4294967295u}) CHECK(rows.find(ref) == nullptr);
}

TEST_CASE("one set of rows is both the look before and the look now") {
  RowValues rows;
  const auto look = [&rows](layout::Ref ref, double value) {
    Difference difference(&rows, &rows, 1);
    double values[layout::kMaxValues] = {value, 7};
    difference.filter().apply(difference.filter().context, ref, values);
    rows.settle();
    return values[0];
  };
  CHECK(look(9, 20) == 20);
  CHECK(look(9, 35) == 15);
  CHECK(look(3, 5) == 5);  // a row that is new
  CHECK(look(9, 36) == 1);
  CHECK(look(3, 5) == 0);
  CHECK(rows.size() == 2);
}

TEST_CASE("the rise of a value since the last reading is shown, an amount in use as it is") {
  CHECK(shown(Fallen::kNegative, {20, 20, 35}) == Rows{{20, 7}, {0, 7}, {15, 7}});
  CHECK(shown(Fallen::kLater, {20, 20, 35}) == Rows{{20, 7}, {0, 7}, {15, 7}});
}

TEST_CASE("a value that falls is negative, for readers that know such values") {
  CHECK(shown(Fallen::kNegative, {20, 10, 15}) == Rows{{20, 7}, {-10, 7}, {5, 7}});
}

// A store had 10 ms of a wait more than the program's own file.
TEST_CASE("a sum over a value that has fallen shows nothing until it is above what was shown") {
  CHECK(shown(Fallen::kLater, {20, 10, 15, 30}) == Rows{{20, 7}, {0, 7}, {0, 7}, {10, 7}});
  CHECK(shown(Fallen::kLater, {-10, 5}) == Rows{{0, 7}, {5, 7}});
}
