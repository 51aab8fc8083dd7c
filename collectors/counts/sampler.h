// When the next allocation is sampled: a thread's countdown of bytes to an exponential draw.
//
// An allocation of S bytes is sampled if S exceeds the countdown, which is drawn anew after each
// sample (the rest of a large block is discarded): with probability 1 - e^(-S/R), whatever came
// before. tables/weight.h has the weight that makes the sum unbiased.
#pragma once

#include <cstdint>

#include "env/sys/compiler/attributes.h"
#include "tables/weight.h"

namespace sampler {

// The next word of a splitmix64 sequence. Context: any.
inline uint64_t next_random(uint64_t& state) {
  uint64_t z = state += 0x9e3779b97f4a7c15u;
  z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9u;
  z = (z ^ z >> 27) * 0x94d049bb133111ebu;
  return z ^ z >> 31;
}

// Uniform in (0, 1].
inline double next_uniform(uint64_t& state) {
  return static_cast<double>((next_random(state) >> 11) + 1) * 0x1p-53;
}

// The calling thread's own sequence. Context: any.
uint64_t& sequence() SIGNAL_SAFE;
// Uniform in (0, 1] from it. Context: any.
double here() SIGNAL_SAFE;

// An event of `size` (nanoseconds, say), kept if it is at least `rate`, else with probability
// size / rate, and then standing for rate / size events of that size. 0: not kept. Context: any.
inline double events_of(double size, double rate) SIGNAL_SAFE {
  if (size >= rate) return 1;
  return here() * rate < size ? rate / size : 0;
}

// Bytes that are let pass until the next sample, at a mean distance of `rate` bytes: X - 1 with X
// the whole number above an exponential, so that P(size > countdown) = 1 - e^(-size/rate) exactly.
// Rate 1 (and 0) lets nothing pass.
inline uint64_t next_countdown(uint64_t& state, uint64_t rate) {
  if (rate <= 1) return 0;
  const double draw = -weight::natural_log(next_uniform(state)) * static_cast<double>(rate);
  return static_cast<uint64_t>(draw);  // floor(draw) = ceil(draw) - 1 but on a set of measure 0
}

// The class of a size: its upper bound, four to a doubling (1 2 3 4 5 6 7 8 10 12 14 16 20 ...).
inline uint64_t size_class(uint64_t size) {
  if (size <= 8) return size;
  const unsigned shift = 61 - static_cast<unsigned>(__builtin_clzll(size - 1));
  const uint64_t step = uint64_t{1} << shift;
  return (size + step - 1) & ~(step - 1);
}

}  // namespace sampler
