// The claimed standard error against the scatter of totals that the real sampler makes. Fixed seed,
// six sigma.
#include "encoder/pprof/standard_error.h"

#include <catch2/catch.hpp>
#include <cmath>
#include <cstdint>
#include <map>
#include <vector>

#include "collectors/counts/sampler.h"
#include "tests/unit/encoder/decoded.h"

namespace {

constexpr double kSigmas = 6;
constexpr uint64_t kRate = 10000;

// Allocations of many sizes, most of them small, and each size's own class.
std::vector<uint64_t> sizes_of_a_program() {
  std::vector<uint64_t> sizes;
  uint64_t state = 77;
  for (int i = 0; i < 50000; i++) {
    const double octaves = sampler::next_uniform(state) * 8;
    sizes.push_back(static_cast<uint64_t>(64 * std::exp2(octaves)));
  }
  return sizes;
}

struct Row {
  double objects = 0, bytes = 0;
};

// One run: what is sampled, as the tables keep it.
class Run {
 public:
  Run(const std::vector<uint64_t>& sizes, uint64_t seed) : state_(seed) {
    left_ = sampler::next_countdown(state_, kRate);
    for (const uint64_t size : sizes) {
      if (size <= left_) {
        left_ -= size;
        continue;
      }
      left_ = sampler::next_countdown(state_, kRate);
      keep(size);
    }
    for (const auto& [size_class, row] : rows_) by_class.add_row(row.objects, row.bytes, kRate);
  }
  encoder::Estimate exact, by_class;

 private:
  void keep(uint64_t size) {
    const double weight = weight::of_allocation(size, kRate);
    const double bytes = weight * static_cast<double>(size);
    exact.add(weight, bytes, weight);
    Row& row = rows_[sampler::size_class(size)];
    row.objects += weight, row.bytes += bytes;
  }
  uint64_t state_, left_;
  std::map<uint64_t, Row> rows_;
};

// z-scores of the runs must have mean 0 and variance 1; the variance of such a variance is 2/n for
// a normal distribution, which sums of some thousand samples are.
struct Scores {
  double sum = 0, squares = 0;
  int count = 0;
  void add(double off, double variance) {
    const double z = off / std::sqrt(variance);
    sum += z, squares += z * z, count++;
  }
  void check(const char* what) const {
    INFO(what << ": mean " << sum / count << ", variance " << squares / count);
    CHECK(std::fabs(sum / count) < kSigmas / std::sqrt(count));
    CHECK(std::fabs(squares / count - 1) < kSigmas * std::sqrt(2.0 / count));
  }
};

}  // namespace

// The small ones that are kept are few in a run and weigh much; with fewer still, the error of the
// error would show in the scores.
TEST_CASE("totals scatter as far as their standard error says, no more and no less") {
  const std::vector<uint64_t> sizes = sizes_of_a_program();
  double bytes = 0;
  for (const uint64_t size : sizes) bytes += static_cast<double>(size);
  Scores objects, space, objects_by_class, space_by_class;
  for (uint64_t seed = 1; seed <= 1000; seed++) {
    const Run run(sizes, seed);
    const double off = run.exact.objects - static_cast<double>(sizes.size());
    objects.add(off, run.exact.objects_variance);
    space.add(run.exact.bytes - bytes, run.exact.bytes_variance);
    objects_by_class.add(off, run.by_class.objects_variance);
    space_by_class.add(run.by_class.bytes - bytes, run.by_class.bytes_variance);
  }
  space.check("bytes");
  space_by_class.check("bytes by class");
  objects.check("objects");
  objects_by_class.check("objects by class");
}

TEST_CASE("the variance that is claimed is the true one on average") {
  const std::vector<uint64_t> sizes = sizes_of_a_program();
  double objects = 0, bytes = 0;  // the true variances
  for (const uint64_t size : sizes) {
    const double weight = weight::of_allocation(size, kRate);
    objects += weight - 1;
    bytes += static_cast<double>(size * size) * (weight - 1);
  }
  double objects_claimed = 0, bytes_claimed = 0;
  constexpr int kRuns = 1000;
  for (uint64_t seed = 1; seed <= kRuns; seed++) {
    const Run run(sizes, seed ^ 0xabcd);
    objects_claimed += run.exact.objects_variance / kRuns;
    bytes_claimed += run.exact.bytes_variance / kRuns;
  }
  CHECK(objects_claimed == Approx(objects).epsilon(0.03));
  CHECK(bytes_claimed == Approx(bytes).epsilon(0.01));
}

TEST_CASE("a row's mean size gives the standard error to 1 %") {
  const std::vector<uint64_t> sizes = sizes_of_a_program();
  double worst = 0;
  for (uint64_t seed = 1; seed <= 200; seed++) {
    const Run run(sizes, seed);
    CHECK(run.by_class.objects == Approx(run.exact.objects));
    CHECK(run.by_class.bytes == Approx(run.exact.bytes));
    const double objects = std::sqrt(run.by_class.objects_variance / run.exact.objects_variance);
    const double bytes = std::sqrt(run.by_class.bytes_variance / run.exact.bytes_variance);
    worst = std::max({worst, std::fabs(objects - 1), std::fabs(bytes - 1)});
  }
  CHECK(worst < 0.01);
  // The worst there is for objects: half of a class at its lower end, half at its upper.
  encoder::Estimate apart, row;
  for (const double size : {32769.0, 40960.0}) {
    const uint64_t rate = 1 << 19;
    const double weight = weight::of_allocation(static_cast<uint64_t>(size), rate);
    apart.add(weight, weight * size, weight);
  }
  row.add_row(apart.objects, apart.bytes, 1 << 19);
  CHECK(std::sqrt(row.objects_variance / apart.objects_variance) > 0.99);
  CHECK(std::sqrt(row.bytes_variance / apart.bytes_variance) == Approx(1).epsilon(0.01));
}

TEST_CASE("what no honest table holds changes no other's error") {
  encoder::Estimate e;
  e.add_row(10, 1000, 4096);
  const double before = e.bytes_variance;
  e.add_row(std::nan(""), 1, 4096);
  e.add_row(1, INFINITY, 4096);
  e.add_row(-1, 5, 4096);
  e.add_row(0, 0, 4096);
  CHECK(e.bytes_variance == before);
  CHECK(e.objects == 10);
}

TEST_CASE("the standard error is a comment of heap and allocs, and of no other", "[encoder]") {
  FakeTables t;
  t.heap(1000);
  t.allocs(0, 1000);
  t.cpu();
  const layout::Ref row = t.sample(t.stack({0x401000}), {200, 20000}, 0, 0, 100);
  const double weight = weight::of_allocation(100, 1000);
  t.live(0x1000, 100, row);
  const auto whole = [](double x) { return std::to_string(std::llround(x)); };
  const auto percent = [](double x) {
    const std::string tenths = std::to_string(std::llround(1000 * x));
    return tenths.substr(0, tenths.size() - 1) + "." + tenths.back() + " %";
  };
  const double allocated = std::sqrt(200 * (weight - 1));
  const double live = std::sqrt(weight * (weight - 1));
  const std::string expected =
      "alloc_objects " + whole(allocated) + " (" + percent(allocated / 200) + "), alloc_space " +
      whole(100 * allocated) + " bytes (" + percent(allocated / 200) + "), inuse_objects " +
      whole(live) + " (" + percent(live / weight) + "), inuse_space " + whole(100 * live) +
      " bytes (" + percent(live / weight) + ")";
  CHECK(Decoded(t, 0).comment("standard error") == expected);
  CHECK(Decoded(t, 1).comment("standard error") == expected);
  CHECK(Decoded(t, 2).comment("standard error") == "-");
}

TEST_CASE("at rate 1 nothing is estimated", "[encoder]") {
  FakeTables t;
  t.heap(1);
  t.live(0x1000, 100, t.sample(t.stack({0x401000}), {1, 100}));
  CHECK(Decoded(t).comment("standard error") == "0, every allocation is recorded");
}
