// Permutation tests over runs: exact where they can be counted, honest where they are simulated.
#include <catch2/catch.hpp>

#include <cmath>
#include <random>

#include "program/statistics/observations.h"

using namespace program::statistics;

namespace {

// Pairs of runs whose figures scatter by `spread` of their mean; side new has `growth` more.
Observations draw(std::mt19937_64& random, size_t pairs, double spread, double growth) {
  std::normal_distribution<double> noise(0, spread);
  Observations drawn;
  for (size_t i = 0; i < pairs; i++) {
    drawn.base.push_back(100 * (1 + noise(random)));
    drawn.fresh.push_back(100 * (1 + growth) * (1 + noise(random)));
  }
  return drawn;
}

// Six standard errors of a share.
double six_sigma(double share, int count) {
  return 6 * std::sqrt(share * (1 - share) / count);
}

}  // namespace

TEST_CASE("p values of few pairs are the shares of exchanges that can be counted by hand") {
  const Exchanges pairs = Exchanges::of_pairs(3);
  CHECK(pairs.count() == 8);
  CHECK(pairs.smallest_p() == 0.25);
  CHECK(p_value(pairs, {{1, 1, 1}, {2, 2, 2}}) == 0.25);
  // Sums of +-1 +-1 +-3 that are at least 3 in size: 5, 3, 3 and their opposites.
  CHECK(p_value(pairs, {{1, 1, 4}, {2, 2, 1}}) == 1);
  CHECK(p_value(pairs, {{1, 1, 1}, {1, 1, 1}}) == 1);
}

TEST_CASE("p values of groups are the shares of ways to divide the runs") {
  const Exchanges groups = Exchanges::of_groups(3, 3);
  CHECK(groups.count() == 20);
  CHECK(groups.smallest_p() == 0.1);
  CHECK(p_value(groups, {{1, 2, 3}, {4, 5, 6}}) == 0.1);
  CHECK(p_value(groups, {{1, 4, 6}, {2, 3, 5}}) > 0.5);
}

TEST_CASE("an interval holds the observed ratio, and the true one as often as it says") {
  std::mt19937_64 random(1);
  const Exchanges pairs = Exchanges::of_pairs(8);
  constexpr int kTimes = 200;
  int held = 0;
  for (int i = 0; i < kTimes; i++) {
    const Observations drawn = draw(random, 8, 0.02, 0.1);
    const Interval interval = ratio_interval(pairs, drawn, 0.95);
    const double observed = mean(drawn.fresh) / mean(drawn.base);
    CHECK(interval.low <= observed);
    CHECK(interval.high >= observed);
    held += interval.low <= 1.1 && 1.1 <= interval.high ? 1 : 0;
  }
  CHECK(held / double{kTimes} > 0.95 - six_sigma(0.95, kTimes));
}

TEST_CASE("too few runs have no interval") {
  const Interval interval =
      ratio_interval(Exchanges::of_pairs(4), {{1, 1, 1, 1}, {2, 2, 2, 2}}, 0.95);
  CHECK(interval.low == 0);
  CHECK(std::isinf(interval.high));
}

TEST_CASE("figures that are the same in all runs have an interval of one point") {
  const Interval interval =
      ratio_interval(Exchanges::of_pairs(6), {{2, 2, 2, 2, 2, 2}, {3, 3, 3, 3, 3, 3}}, 0.95);
  CHECK(interval.low == Approx(1.5).epsilon(1e-6));
  CHECK(interval.high == Approx(1.5).epsilon(1e-6));
}

TEST_CASE("few comparisons of many unchanged figures have one that seems to be changed") {
  std::mt19937_64 random(2);
  constexpr int kTimes = 200;
  const bool paired = GENERATE(true, false);
  const Exchanges exchanges = paired ? Exchanges::of_pairs(8) : Exchanges::of_groups(5, 5);
  int alarms = 0;
  for (int i = 0; i < kTimes; i++) {
    std::vector<Observations> figures;
    for (int k = 0; k < 20; k++) figures.push_back(draw(random, paired ? 8 : 5, 0.02, 0));
    bool is_alarm = false;
    for (const double p : adjusted_p_values(exchanges, figures)) is_alarm = is_alarm || p < 0.05;
    alarms += is_alarm ? 1 : 0;
  }
  CHECK(alarms / double{kTimes} < 0.05 + six_sigma(0.05, kTimes));
}

TEST_CASE("ten pairs find a function that grew by three standard deviations among thirty others") {
  std::mt19937_64 random(3);
  constexpr int kTimes = 100;
  const Exchanges exchanges = Exchanges::of_pairs(10);
  int found = 0;
  for (int i = 0; i < kTimes; i++) {
    std::vector<Observations> figures = {draw(random, 10, 0.02, 0.06)};
    for (int k = 0; k < 30; k++) figures.push_back(draw(random, 10, 0.02, 0));
    found += adjusted_p_values(exchanges, figures)[0] < 0.05 ? 1 : 0;
  }
  CHECK(found >= 90);
}

TEST_CASE("one run a side is judged by the sampling error of both") {
  CHECK(p_value_of_errors(100, 0, 100, 0) == 1);
  CHECK(p_value_of_errors(100, 0, 101, 0) == 0);
  CHECK(p_value_of_errors(100, 50, 119.6, 50) == Approx(0.05).epsilon(0.01));
  const Interval interval = ratio_interval_of_errors(100, 100, 200, 400, 0.95);
  // At both ends new differs from that multiple of base by 1.96 standard errors.
  for (const double ratio : {interval.low, interval.high}) {
    const double error = std::sqrt(400 + ratio * ratio * 100);
    CHECK(std::fabs(200 - ratio * 100) == Approx(1.96 * error).epsilon(1e-4));
  }
}

TEST_CASE(
    "an interval of sampling errors excludes no change exactly where the p value is below 0.05") {
  std::mt19937 random(11);
  std::uniform_real_distribution<double> count(1, 400);
  for (int i = 0; i < 2000; i++) {
    const double base = count(random), fresh = count(random);
    const double p = p_value_of_errors(base, base, fresh, fresh);
    const Interval interval = ratio_interval_of_errors(base, base, fresh, fresh, 0.95);
    CHECK(interval.low <= fresh / base);
    CHECK(interval.high >= fresh / base);
    if (std::fabs(p - 0.05) > 1e-6) CHECK((p < 0.05) == (interval.low > 1 || interval.high < 1));
  }
}

TEST_CASE("a base that may be nothing leaves a ratio without an upper bound") {
  const Interval interval = ratio_interval_of_errors(3, 3, 400, 400, 0.95);
  CHECK(std::isinf(interval.high));
  CHECK(interval.low > 1);
  CHECK(ratio_interval_of_errors(3, 3, 2, 2, 0.95).low == 0);
}
