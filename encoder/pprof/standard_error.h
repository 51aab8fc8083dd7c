// How far a sampled total may be off: its standard error, from the samples themselves.
//
// An allocation of S bytes is kept with probability p = 1 - e^(-S/R), whatever came before, and
// stands for 1/p objects and S/p bytes. So (1-p)/p^2 for each one kept, for bytes times S^2, sums
// up to an unbiased estimate of the total's variance (Horvitz and Thompson).
#pragma once

#include <cstdint>

namespace encoder {

struct Estimate {
  double objects = 0, bytes = 0;
  double objects_variance = 0, bytes_variance = 0;

  // Allocations of one size that stand for `objects` and `bytes`, each kept one for `weight`.
  void add(double more_objects, double more_bytes, double weight) {
    // What no honest table holds: an infinity or a NaN would hide all the others.
    if (!(more_objects > 0 && more_objects < kMost && more_bytes >= 0 && more_bytes < kMost)) {
      return;
    }
    const double size = more_bytes / more_objects;
    objects += more_objects;
    bytes += more_bytes;
    objects_variance += more_objects * (weight - 1);
    bytes_variance += size * more_bytes * (weight - 1);
  }

  // The same where sizes are known by their mean alone. The sizes of one class lie within a quarter
  // of each other, which makes the error too small by less than 1 %.
  void add_row(double more_objects, double more_bytes, uint64_t rate);

 private:
  static constexpr double kMost = 1e30;
};

// What a heap profile's values add up to.
struct HeapTotals {
  Estimate allocated, live;
};

// Inlined to an instruction: the host library links no libm.
inline double square_root(double x) {
  return x > 0 ? __builtin_sqrt(x) : 0;
}

}  // namespace encoder
