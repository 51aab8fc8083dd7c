// Exponential draws and sample weights, without libm (the host library links libc alone).
//
// An allocation of S bytes is sampled when an exponential of mean R, drawn anew after each sample,
// is used up: with probability p = 1 - e^(-S/R). Its weight is 1/p objects and S/p bytes, so that
// the sum over samples is unbiased whatever sizes share a stack. Kept in the sample when it is
// taken; the reader of live blocks computes it again from the same size and rate.
#pragma once

#include <bit>
#include <cstdint>

namespace weight {

// Context: any. Relative error below 1e-15 for x in (0, 1].
inline double natural_log(double x) {
  const uint64_t bits = std::bit_cast<uint64_t>(x);
  int exponent = static_cast<int>((bits >> 52) & 0x7ff) - 1023;
  double m = std::bit_cast<double>((bits & ((uint64_t{1} << 52) - 1)) | (uint64_t{1023} << 52));
  if (m > 1.4142135623730951) {
    m *= 0.5;
    exponent++;
  }
  // ln m = 2 atanh(t), t = (m-1)/(m+1), |t| < 0.172: the series gains 1.5 digits a term.
  const double t = (m - 1) / (m + 1);
  const double t2 = t * t;
  double sum = 0;
  for (int k = 23; k >= 1; k -= 2) sum = sum * t2 + 1.0 / k;
  return 2 * t * sum + exponent * 0.69314718055994530942;
}

// 1 - e^(-x) for x >= 0, accurate also where x is small. Context: any.
inline double one_minus_exp(double x) {
  if (x >= 40) return 1;
  if (x < 0.35) {  // series: x - x^2/2 + x^3/6 ...
    double term = x;
    double sum = x;
    for (int k = 2; k < 18; k++) {
      term *= -x / k;
      sum += term;
    }
    return sum;
  }
  // e^-x = 2^-n e^-r with r in [0, ln 2)
  const int n = static_cast<int>(x * 1.4426950408889634074);
  const double r = x - n * 0.69314718055994530942;
  double sum = 1;
  for (int k = 20; k >= 1; k--) sum = 1 - sum * r / k;
  return 1 - sum * std::bit_cast<double>(static_cast<uint64_t>(1023 - n) << 52);
}

// Objects that one sampled allocation of `size` bytes stands for at a mean of `rate` bytes.
inline double of_allocation(uint64_t size, uint64_t rate) {
  if (rate <= 1) return 1;
  const double effective = size == 0 ? 1.0 : static_cast<double>(size);
  return 1 / one_minus_exp(effective / static_cast<double>(rate));
}

}  // namespace weight
