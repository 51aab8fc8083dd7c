// Fixed seeds, six sigma: a wrong formula fails, chance does not.
#include "collectors/counts/sampler.h"

#include <catch2/catch.hpp>
#include <cmath>
#include <cstdint>
#include <vector>

namespace {

constexpr double kSigmas = 6;

struct Case {
  uint64_t size, rate;
};

// The countdown of one thread, as collectors/heap.h uses it.
class Thread {
 public:
  Thread(uint64_t seed, uint64_t rate)
      : state_(seed), rate_(rate), left_(sampler::next_countdown(state_, rate)) {}

  bool samples(uint64_t size) {
    if (size <= left_) {
      left_ -= size;
      return false;
    }
    left_ = sampler::next_countdown(state_, rate_);
    return true;
  }

 private:
  uint64_t state_, rate_, left_;
};

}  // namespace

TEST_CASE("uniform draws lie in (0, 1] and are uniform") {
  uint64_t state = 1;
  const int n = 1000000;
  double sum = 0;
  for (int i = 0; i < n; i++) {
    const double u = sampler::next_uniform(state);
    if (!(u > 0 && u <= 1)) FAIL(u);
    sum += u;
  }
  CHECK(std::fabs(sum / n - 0.5) < kSigmas * std::sqrt(1.0 / 12 / n));
}

TEST_CASE("the mean distance between samples is the rate") {
  const uint64_t rate = GENERATE(2u, 1000u, 524288u, 1u << 30);
  uint64_t state = 42 + rate;
  const int n = 1000000;
  double sum = 0;
  for (int i = 0; i < n; i++) sum += static_cast<double>(sampler::next_countdown(state, rate));
  // The whole part of an exponential of mean R is geometric.
  const double q = std::exp(-1.0 / static_cast<double>(rate));
  CHECK(std::fabs(sum / n - q / (1 - q)) < kSigmas * std::sqrt(q) / (1 - q) / std::sqrt(n));
}

TEST_CASE("an allocation is sampled with probability 1 - e^(-size/rate)") {
  const Case c = GENERATE(Case{1, 1000}, Case{64, 1000}, Case{1000, 1000}, Case{5000, 1000},
                          Case{4096, 524288}, Case{327680, 524288}, Case{524288, 524288},
                          Case{4u << 20, 524288});
  const double p = -std::expm1(-static_cast<double>(c.size) / static_cast<double>(c.rate));
  const int n = 1000000;
  uint64_t state = 7 * c.size + c.rate;
  int fresh = 0;
  for (int i = 0; i < n; i++) fresh += c.size > sampler::next_countdown(state, c.rate);
  Thread thread(c.size ^ 99, c.rate);
  int in_a_row = 0;
  for (int i = 0; i < n; i++) in_a_row += thread.samples(c.size);
  const double bound = kSigmas * std::sqrt(p * (1 - p) / n) + 1e-9;
  INFO("size " << c.size << ", rate " << c.rate);
  CHECK(std::fabs(1.0 * fresh / n - p) < bound);
  CHECK(std::fabs(1.0 * in_a_row / n - p) < bound);
}

TEST_CASE("what came before does not change the odds, and weighted sums are unbiased") {
  // Small blocks between large ones, on one countdown.
  const uint64_t rate = 10000;
  const std::vector<uint64_t> sizes = {16, 30000, 48, 700, 5000, 24, 24, 9999};
  Thread thread(3, rate);
  const int rounds = 300000;
  std::vector<double> objects(sizes.size());
  for (int i = 0; i < rounds; i++) {
    for (size_t k = 0; k < sizes.size(); k++) {
      if (thread.samples(sizes[k])) objects[k] += weight::of_allocation(sizes[k], rate);
    }
  }
  for (size_t k = 0; k < sizes.size(); k++) {
    const double p = 1 / weight::of_allocation(sizes[k], rate);
    INFO("size " << sizes[k]);
    CHECK(std::fabs(objects[k] / rounds - 1) < kSigmas * std::sqrt((1 - p) / p / rounds) + 1e-9);
  }
}

TEST_CASE("at rate 1 every allocation is a sample") {
  const uint64_t rate = GENERATE(0u, 1u);
  Thread thread(5, rate);
  int missed = 0;
  for (uint64_t size = 1; size < 100000; size++) missed += !thread.samples(size);
  CHECK(missed == 0);
}

TEST_CASE("two seeds give two sequences") {
  uint64_t a = 1;
  uint64_t b = 2;
  int same = 0;
  for (int i = 0; i < 1000; i++) same += sampler::next_random(a) == sampler::next_random(b);
  CHECK(same == 0);
}

TEST_CASE("size classes are 1 2 3 4 5 6 7 8 10 12 14 16 20, four to a doubling") {
  const uint64_t first[] = {1, 2, 3, 4, 5, 6, 7, 8, 10, 12, 14, 16, 20, 24, 28, 32, 40};
  size_t k = 0;
  for (uint64_t size = 1; size <= 40; size++) {
    if (size > first[k]) k++;
    CHECK(sampler::size_class(size) == first[k]);
  }
  CHECK(sampler::size_class(0) == 0);
}

TEST_CASE("a size class is an upper bound, within a quarter, and its own class") {
  uint64_t state = 11;
  for (int i = 0; i < 200000; i++) {
    const uint64_t size = 1 + (sampler::next_random(state) >> (3 + i % 60));
    const uint64_t bound = sampler::size_class(size);
    if (bound < size || bound - size > size / 4 || sampler::size_class(bound) != bound) FAIL(size);
  }
}
