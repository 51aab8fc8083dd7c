// The judge of tables/weight.h is libm.
#include "tables/weight.h"

#include <catch2/catch.hpp>
#include <cmath>
#include <cstdint>
#include <random>

namespace {

double relative_error(double got, double true_value) {
  return true_value == 0 ? std::fabs(got) : std::fabs(got / true_value - 1);
}

struct Check {
  int objects;
  long scaled_objects, scaled_bytes;
};

}  // namespace

TEST_CASE("the logarithm agrees with libm on (0, 1]") {
  std::mt19937_64 random(1);
  std::uniform_real_distribution<double> exponent(-53, 0);
  double worst = 0;
  for (int i = 0; i < 200000; i++) {
    const double x = std::exp2(exponent(random));
    worst = std::max(worst, relative_error(weight::natural_log(x), std::log(x)));
  }
  for (int i = 1; i < 2000; i++) {
    const double x = 1 - i * 0x1p-53;  // where the result is small
    worst = std::max(worst, relative_error(weight::natural_log(x), std::log(x)));
  }
  CHECK(worst < 1e-15);
  CHECK(weight::natural_log(1) == 0);
}

TEST_CASE("one minus the exponential agrees with libm") {
  std::mt19937_64 random(2);
  std::uniform_real_distribution<double> exponent(-40, 7);
  double worst = 0;
  for (int i = 0; i < 200000; i++) {
    const double x = std::exp2(exponent(random));
    worst = std::max(worst, relative_error(weight::one_minus_exp(x), -std::expm1(-x)));
  }
  // Where one branch takes over from the next.
  for (const double x :
       {0.35, std::nextafter(0.35, 0.0), 0.69314718055994530942, 39.999999, 40.0}) {
    worst = std::max(worst, relative_error(weight::one_minus_exp(x), -std::expm1(-x)));
  }
  CHECK(worst < 1e-15);
  CHECK(weight::one_minus_exp(0) == 0);
  CHECK(weight::one_minus_exp(1e300) == 1);
}

TEST_CASE("samples of 327680 bytes at 524288 are scaled as Go scales them") {
  const auto check = GENERATE(Check{1, 2, 705084}, Check{3, 6, 2115253}, Check{5, 10, 3525422});
  const double objects = check.objects * weight::of_allocation(327680, 524288);
  CHECK(static_cast<long>(objects) == check.scaled_objects);
  CHECK(static_cast<long>(objects * 327680) == check.scaled_bytes);
}

TEST_CASE("at rate 1 an allocation stands for itself") {
  for (const uint64_t size : {0ul, 1ul, 7ul, 1ul << 40}) {
    CHECK(weight::of_allocation(size, 1) == 1.0);
    CHECK(weight::of_allocation(size, 0) == 1.0);
  }
}

TEST_CASE("an allocation of no bytes is drawn and weighed as one of one byte") {
  CHECK(weight::of_allocation(0, 524288) == weight::of_allocation(1, 524288));
}
