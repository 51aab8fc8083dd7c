// How small a growth ten pairs of runs show, on simulated runs.
#include <catch2/catch.hpp>
#include <cmath>
#include <cstdio>
#include <random>

#include "program/report/comparison.h"
#include "tests/unit/report/small_profile.h"

using namespace program;

namespace {

// Measured on target_grows, 24 runs of a second at 1000 Hz each: the scatter of a function that has
// a fifth of the whole, which is mostly that of 200 samples.
constexpr double kQuiet = 0.056, kBusy = 0.066;
constexpr int kFunctions = 5;
constexpr int64_t kPeriod_ns = 1'000'000;
const FigureName kCpu{"cpu", "cpu", "nanoseconds"};

Run run_of(double growth, double scatter, std::mt19937_64& random) {
  SmallProfile profile("cpu", {{"samples", "count"}, {"cpu", "nanoseconds"}}, kPeriod_ns);
  for (int i = 0; i < kFunctions; i++) {
    const double mean = 1000 * (1.0 / kFunctions + (i == 0 ? growth : 0));
    std::normal_distribution<> samples_of(mean, scatter * std::sqrt(mean * 1000 / kFunctions));
    const auto samples = std::max<int64_t>(0, std::lround(samples_of(random)));
    profile.add("function_" + std::to_string(i) + " main", {samples, samples * kPeriod_ns});
  }
  Run run{"run", {}, {}};
  run.figures.try_emplace(kCpu, Grouping::kFunctionInFile).first->second.add(profile.profile(), 1);
  return run;
}

// Whether the function that grew is said to have, and stands in the first row.
bool is_found(double growth, double scatter, std::mt19937_64& random) {
  std::vector<Run> base, fresh;
  for (int i = 0; i < 10; i++) {
    base.push_back(run_of(0, scatter, random));
    fresh.push_back(run_of(growth, scatter, random));
  }
  const Comparison comparison = Comparer(base, fresh, true).compare();
  const Change& first = comparison.types.at(0).functions.at(0);
  return first.function == "function_0" && first.verdict == Verdict::kMore;
}

int found_of_100(int percent, double scatter) {
  std::mt19937_64 random(static_cast<uint64_t>(percent));
  int found = 0;
  for (int i = 0; i < 100; i++) found += is_found(percent / 100.0, scatter, random) ? 1 : 0;
  printf(
      "figure: a function grows by %d %% of the whole, runs scatter by %.1f %%: found by %d of "
      "100\n",
      percent, 100 * scatter, found);
  return found;
}

}  // namespace

TEST_CASE("ten pairs find a function that grew by 3 % of the whole in 90 of 100 comparisons") {
  for (const double scatter : {kQuiet, kBusy}) {
    for (const int percent : {1, 2}) found_of_100(percent, scatter);
    for (const int percent : {3, 5, 10}) {
      const int found = found_of_100(percent, scatter);
      if (scatter == kQuiet || percent > 3) CHECK(found >= 90);
    }
  }
}
