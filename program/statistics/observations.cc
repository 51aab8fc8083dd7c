#include "program/statistics/observations.h"

#include <algorithm>
#include <boost/math/distributions/normal.hpp>
#include <boost/math/special_functions/binomial.hpp>
#include <cmath>
#include <limits>
#include <numeric>
#include <random>

namespace program::statistics {
namespace {

constexpr uint64_t kSeed = 0x9e3779b97f4a7c15;
// Statistics of exchanges that are equal but for rounding count as equal.
constexpr double kRounding = 1e-9;

bool is_at_least(double statistic, double observed) {
  return std::fabs(statistic) >= std::fabs(observed) * (1 - kRounding) - kRounding;
}

}  // namespace

double mean(const std::vector<double>& values) {
  if (values.empty()) return 0;
  return std::accumulate(values.begin(), values.end(), 0.0) / static_cast<double>(values.size());
}

Exchanges Exchanges::of_pairs(size_t pairs) {
  Exchanges all;
  all.is_paired_ = true;
  all.base_count_ = pairs;
  all.rows_.emplace_back(pairs, int8_t{1});
  if (pairs <= 14) {
    for (uint64_t bits = 1; bits < uint64_t{1} << pairs; bits++) {
      std::vector<int8_t>& row = all.rows_.emplace_back(pairs, int8_t{1});
      for (size_t i = 0; i < pairs; i++) row[i] = (bits >> i & 1) != 0 ? -1 : 1;
    }
    all.smallest_p_ = pairs == 0 ? 1 : 2 / static_cast<double>(all.rows_.size());
    return all;
  }
  std::mt19937_64 random(kSeed);
  while (all.rows_.size() < kMost) {
    std::vector<int8_t>& row = all.rows_.emplace_back(pairs, int8_t{1});
    for (int8_t& sign : row) sign = (random() >> 63) != 0 ? -1 : 1;
  }
  all.smallest_p_ = 1 / static_cast<double>(kMost);
  return all;
}

Exchanges Exchanges::of_groups(size_t base, size_t fresh) {
  Exchanges all;
  all.base_count_ = base;
  std::vector<int8_t> row(base, int8_t{-1});
  row.resize(base + fresh, int8_t{1});
  const std::vector<int8_t> observed = row;
  const double ways = boost::math::binomial_coefficient<double>(static_cast<unsigned>(base + fresh),
                                                                static_cast<unsigned>(base));
  if (ways <= kMost) {
    do all.rows_.push_back(row);
    while (std::next_permutation(row.begin(), row.end()));
  } else {
    std::mt19937_64 random(kSeed);
    all.rows_.push_back(observed);
    while (all.rows_.size() < kMost) {
      std::shuffle(row.begin(), row.end(), random);
      all.rows_.push_back(row);
    }
  }
  const double extremes = base == fresh ? 2 : 1;
  all.smallest_p_ = extremes / static_cast<double>(all.rows_.size());
  return all;
}

// Pairs: the sum of signed differences over the root of the sum of their squares, which no exchange
// of signs changes. Groups: the difference of means over the runs' standard deviation.
std::vector<double> Exchanges::statistics(const Observations& of, double ratio) const {
  std::vector<double> values;
  if (is_paired_) {
    for (size_t i = 0; i < base_count_; i++) values.push_back(of.fresh[i] - ratio * of.base[i]);
  } else {
    for (const double value : of.base) values.push_back(ratio * value);
    values.insert(values.end(), of.fresh.begin(), of.fresh.end());
    const double middle = mean(values);
    for (double& value : values) value -= middle;
  }
  double squares = 0;
  for (const double value : values) squares += value * value;
  const double scale = squares > 0 ? 1 / std::sqrt(squares) : 0;
  const auto count_of = [&](int8_t sign) {
    return static_cast<double>(std::count(rows_[0].begin(), rows_[0].end(), sign));
  };
  const double fresh_weight = is_paired_ ? 1 : 1 / count_of(1);
  const double base_weight = is_paired_ ? 1 : 1 / count_of(-1);
  std::vector<double> all;
  all.reserve(rows_.size());
  for (const auto& row : rows_) {
    double sum = 0;
    for (size_t i = 0; i < row.size(); i++) {
      sum += values[i] * (row[i] > 0 ? fresh_weight : -base_weight);
    }
    all.push_back(sum * scale);
  }
  return all;
}

double p_value(const Exchanges& exchanges, const Observations& of, double ratio) {
  const std::vector<double> all = exchanges.statistics(of, ratio);
  const auto beyond = std::count_if(all.begin(), all.end(),
                                    [&](double other) { return is_at_least(other, all[0]); });
  return static_cast<double>(beyond) / static_cast<double>(all.size());
}

std::vector<double> adjusted_p_values(const Exchanges& exchanges,
                                      const std::vector<Observations>& figures) {
  std::vector<std::vector<double>> all;
  for (const Observations& figure : figures) all.push_back(exchanges.statistics(figure, 1));
  std::vector<size_t> order(figures.size());
  std::iota(order.begin(), order.end(), size_t{0});
  std::sort(order.begin(), order.end(),
            [&](size_t a, size_t b) { return std::fabs(all[a][0]) < std::fabs(all[b][0]); });
  // From the smallest statistic on: the largest of those that are no larger.
  std::vector<double> largest(exchanges.count(), 0), adjusted(figures.size(), 1);
  for (const size_t at : order) {
    size_t beyond = 0;
    for (size_t i = 0; i < largest.size(); i++) {
      largest[i] = std::fmax(largest[i], std::fabs(all[at][i]));
      beyond += is_at_least(largest[i], all[at][0]) ? 1 : 0;
    }
    adjusted[at] = static_cast<double>(beyond) / static_cast<double>(largest.size());
  }
  // No figure may have a smaller one than a figure with a larger statistic.
  for (size_t i = order.size(); i-- > 1;) {
    adjusted[order[i - 1]] = std::fmax(adjusted[order[i - 1]], adjusted[order[i]]);
  }
  return adjusted;
}

Interval ratio_interval(const Exchanges& exchanges, const Observations& of, double level) {
  const double alpha = 1 - level;
  if (exchanges.smallest_p() > alpha) return {0, std::numeric_limits<double>::infinity()};
  const double center = mean(of.fresh) / mean(of.base);
  const auto is_kept = [&](double ratio) { return p_value(exchanges, of, ratio) > alpha; };
  // Outwards until a ratio is rejected, then by halves.
  const auto bound = [&](double direction) {
    double kept = center, step = std::fmax(center, 1e-9) * 1e-3;
    double beyond = center + direction * step;
    for (int i = 0; i < 40 && beyond > 0 && is_kept(beyond); i++) {
      kept = beyond;
      step *= 2;
      beyond = center + direction * step;
    }
    if (direction < 0) beyond = std::fmax(beyond, 0);
    for (int i = 0; i < 40; i++) {
      const double middle = (kept + beyond) / 2;
      (is_kept(middle) ? kept : beyond) = middle;
    }
    return kept;
  };
  return {bound(-1), bound(1)};
}

// Fieller: the ratios r for which |fresh - r base| is at most z times its standard error. They are
// the roots of a quadratic; where the base itself may be 0, there is no upper bound.
Interval ratio_interval_of_errors(double base, double base_variance, double fresh,
                                  double fresh_variance, double level) {
  const double z = boost::math::quantile(boost::math::normal(), (1 + level) / 2);
  const double square = base * base - z * z * base_variance;
  const double constant = fresh * fresh - z * z * fresh_variance;
  const double discriminant = base * base * fresh * fresh - square * constant;
  const double root = std::sqrt(std::fmax(0, discriminant));
  if (square > 0) {
    return {std::fmax(0, (base * fresh - root) / square), (base * fresh + root) / square};
  }
  const double infinity = std::numeric_limits<double>::infinity();
  if (constant <= 0) return {0, infinity};
  return {constant / (base * fresh + root), infinity};
}

double p_value_of_errors(double base, double base_variance, double fresh, double fresh_variance) {
  const double variance = base_variance + fresh_variance;
  if (variance <= 0) return base == fresh ? 1 : 0;
  const double z = std::fabs(fresh - base) / std::sqrt(variance);
  return 2 * boost::math::cdf(boost::math::complement(boost::math::normal(), z));
}

}  // namespace program::statistics
