// Lines of two builds of a function.
#include <catch2/catch.hpp>
#include <random>

#include "program/report/line_growth.h"

using program::line_growth;
using Lines = std::map<int64_t, double>;

namespace {

int64_t grown(const Lines& base, const Lines& fresh) {
  int64_t line = 0;
  double most = 0;
  for (const auto& [number, growth] : line_growth(base, fresh)) {
    if (growth > most) line = number, most = growth;
  }
  return line;
}

}  // namespace

TEST_CASE("a line that was added is the one that grew, though all below it have moved") {
  const Lines base = {{10, 5}, {20, 100}, {21, 300}, {30, 40}};
  CHECK(grown(base, {{10, 5}, {15, 50}, {21, 100}, {22, 300}, {31, 40}}) == 15);
  CHECK(grown(base, {{10, 5}, {23, 100}, {24, 300}, {33, 90}}) == 33);
  CHECK(grown(base, {{10, 5}, {20, 150}, {21, 300}, {30, 40}}) == 20);
}

TEST_CASE("lines that were removed do not make others grow") {
  const auto growth =
      line_growth({{10, 5}, {20, 100}, {21, 300}, {30, 40}}, {{10, 5}, {20, 300}, {29, 40}});
  CHECK(growth == Lines{{10, 0}, {20, 0}, {29, 0}});
}

TEST_CASE("a function without a twin has grown by all that it has") {
  CHECK(line_growth({}, {{3, 7}}) == Lines{{3, 7}});
  CHECK(line_growth({{3, 7}}, {}).empty());
}

TEST_CASE("an added line is found among values that scatter by some per cent") {
  std::mt19937 random(3);
  std::normal_distribution<double> scatter(1, 0.04);
  std::uniform_real_distribution<double> size(1, 100);
  int found = 0;
  for (int i = 0; i < 200; i++) {
    Lines base, fresh;
    const int64_t added = 100 + 3 * static_cast<int64_t>(random() % 40) + 1;
    double sum = 0;
    for (int64_t line = 100; line < 220; line += 3) {
      const double value = size(random);
      base[line] = value * scatter(random);
      fresh[line < added ? line : line + 1] = value * scatter(random);
      sum += value;
    }
    fresh[added] = sum * 0.05;
    found += grown(base, fresh) == added ? 1 : 0;
  }
  // Beside a line of the same value nothing tells which one was added.
  CHECK(found >= 180);
}
