// How many dumps a process may ask for. The words by which it asks are in its tables: a process
// that has dropped its rights could fill a disk with files of the user that it was started as.
#pragma once

#include <algorithm>
#include <cstdint>
#include <limits>

namespace program {

class DumpAllowance {
 public:
  static constexpr int64_t kAtOnce = 60, kPeriod_ns = 1000000000;

  // True: a dump may be made now, and counts. Past the first 60, one a second.
  bool take(uint64_t now_ns) {
    constexpr int64_t kRoom_ns = kAtOnce * kPeriod_ns;
    // Signed: a machine that has just booted has a clock below the room.
    used_until_ns_ = std::max(used_until_ns_, static_cast<int64_t>(now_ns) - kRoom_ns);
    if (used_until_ns_ + kPeriod_ns > static_cast<int64_t>(now_ns)) return false;
    used_until_ns_ += kPeriod_ns;
    return true;
  }

 private:
  int64_t used_until_ns_ = std::numeric_limits<int64_t>::min();
};

}  // namespace program
