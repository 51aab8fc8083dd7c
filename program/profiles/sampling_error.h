// The sampling error of a profile's values, from the rows themselves.
//
// Each model gives the variance of one row's value, for independently sampled events:
//   heap          an allocation of S bytes is kept with p = 1 - e^(-S/rate) and stands for 1/p
//   block, mutex  a wait of d < rate is kept with p = d/rate; longer ones are all kept
//   cpu, wall     n samples of together v: Poisson, v^2 / n; the total is measured and has no error
//   all others    counted, not sampled: 0
// At rate 1 (heap) and 1 ns (block, mutex) the values are exact.
#pragma once

#include <string>

#include "program/profiles/profile.h"

namespace program {

class SamplingError {
 public:
  explicit SamplingError(const Profile& profile);

  // Whether the values carry no sampling error at all.
  bool is_exact() const { return model_ == Model::kCounted; }
  // Whether the sum of all rows is measured, though its parts are sampled.
  bool total_is_measured() const { return model_ == Model::kTicks; }
  // The variance that one row adds to a sum that holds it.
  double of_row(const pprof::Sample& row, int type) const;

 private:
  enum class Model { kCounted, kHeap, kWaits, kTicks };
  double by_model(const pprof::Sample& row, int type) const;
  double of_allocations(double objects, double bytes, bool is_bytes) const;
  double of_waits(double count, double delay, bool is_delay) const;

  Model model_ = Model::kCounted;
  double rate_ = 0;  // bytes or nanoseconds
};

// The text behind "# KEY: " in a profile's comments; empty if there is none.
std::string comment_of(const Profile& profile, const std::string& key);

// The profile's mode: as its comment says, else its first sample type (profiles of other tools).
std::string mode_of(const Profile& profile);

}  // namespace program
