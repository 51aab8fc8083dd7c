// Figures of several runs on two sides, and tests of their difference by permutation of the runs.
//
// The unit of observation is the run of a process. Under the hypothesis that nothing changed, the
// sides of a pair (or the labels of all runs, if they are not paired) can be exchanged. The share
// of exchanges that give a statistic at least as large as the observed one is the p value. It needs
// no assumption on the distribution of the figures.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

namespace program::statistics {

struct Observations {
  std::vector<double> base, fresh;  // a value for each run; pairs have the same index
};

struct Interval {
  double low = 0, high = 0;
};

double mean(const std::vector<double>& values);

// The exchanges of runs that a test goes through: all of them where they are few, else a sample
// that is drawn with a fixed seed, so that the same files give the same verdict.
class Exchanges {
 public:
  // Pairs have a sign each; without pairs an exchange says which runs count as base.
  static Exchanges of_pairs(size_t pairs);
  static Exchanges of_groups(size_t base, size_t fresh);

  bool is_paired() const { return is_paired_; }
  size_t count() const { return rows_.size(); }
  // The smallest p value that can come out. Above 0.05 the runs are too few for any verdict.
  double smallest_p() const { return smallest_p_; }
  // For each exchange the statistic of new - ratio * base: the observed one is the first.
  std::vector<double> statistics(const Observations& of, double ratio) const;

 private:
  static constexpr size_t kMost = 20000;

  bool is_paired_ = false;
  size_t base_count_ = 0;
  double smallest_p_ = 1;
  std::vector<std::vector<int8_t>> rows_;  // a sign for each pair, or for each run: +1 new, -1 base
};

// The two-sided p value of "new = ratio * base".
double p_value(const Exchanges& exchanges, const Observations& of, double ratio = 1);

// The p values of several figures of the same runs, adjusted so that the chance of any false
// positive among them is bounded (Westfall and Young's step-down maximum).
std::vector<double> adjusted_p_values(const Exchanges& exchanges,
                                      const std::vector<Observations>& figures);

// The ratios new / base that the test does not reject at 1 - level. {0, infinity} if it rejects
// none because the runs are too few. Needs a positive mean of base.
Interval ratio_interval(const Exchanges& exchanges, const Observations& of, double level);

// The interval of new / base for one run a side, from the variances of their sampling errors.
Interval ratio_interval_of_errors(double base, double base_variance, double fresh,
                                  double fresh_variance, double level);
double p_value_of_errors(double base, double base_variance, double fresh, double fresh_variance);

}  // namespace program::statistics
