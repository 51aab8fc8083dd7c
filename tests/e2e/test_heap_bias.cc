// The two ends of the sizes at the default rate: blocks that are a 32,768th of the mean distance
// between samples, and blocks that are 64 times it.
#include <catch2/catch.hpp>
#include <cmath>

#include "tests/e2e/harness.h"
#include "tests/e2e/profile_file.h"

using namespace e2e;

namespace {

constexpr int kRuns = 10;
constexpr double kRate = 512 * 1024;

struct Load {
  uint64_t size, count;
};

// Of the mean of the runs' totals, in bytes: each allocation is kept with probability p and
// weighted with 1 / p.
double standard_error(const Load& load) {
  const double size = static_cast<double>(load.size);
  const double p = -std::expm1(-size / kRate);
  return size * std::sqrt(static_cast<double>(load.count) * (1 - p) / p / kRuns);
}

void check_mean(const Load& load, const char* end, const char* type, double truth) {
  double sum = 0;
  for (int i = 0; i < kRuns; i++) {
    TemporaryDirectory output;
    const Command command{
        {target("many_blocks"), std::to_string(load.size), std::to_string(load.count), end}};
    const Outcome ours = run(profiled(command, "heap", output));
    REQUIRE(ours.end() == "exit 0");
    sum += static_cast<double>(ProfileFile(only(output.profiles("heap"))).containing(type, "site"));
  }
  const double mean = sum / kRuns;
  const double error = standard_error(load);
  figure("%llu bytes x %llu, %s, %s: %.5f of the truth, %+.2f standard errors of %d runs' mean",
         static_cast<unsigned long long>(load.size), static_cast<unsigned long long>(load.count),
         end, type, mean / truth, error == 0 ? 0.0 : (mean - truth) / error, kRuns);
  // The weight of large blocks is not exactly 1: rounding once, at writing.
  CHECK(std::abs(mean - truth) <= 6 * error + 1e-6 * truth);
}

}  // namespace

TEST_CASE("tiny and huge blocks are unbiased, freed or not") {
  for (const Load& load : {Load{16, 32 << 20}, Load{32 << 20, 16}}) {
    const double truth = static_cast<double>(load.size) * static_cast<double>(load.count);
    check_mean(load, "freed", "alloc_space", truth);
    check_mean(load, "kept", "inuse_space", truth);
  }
}
