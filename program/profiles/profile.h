// The generated classes of profile.proto under a short name. The one place that includes them.
#pragma once

#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wshadow"
#pragma GCC diagnostic ignored "-Wunused-parameter"
#include "encoder/profile.pb.h"
#pragma GCC diagnostic pop

#include <cstdint>
#include <string>

namespace program {

namespace pprof = perftools::profiles;
using Profile = pprof::Profile;

// The sentence that says which rule of profile.proto the profile breaks; empty if none. Nothing
// else here looks at a profile that has not passed: every index and id in it is good afterwards.
std::string fault_of(const Profile& profile);

// Two values; a sum that does not fit wraps, as in Go.
inline int64_t sum_of(int64_t a, int64_t b) {
  return static_cast<int64_t>(static_cast<uint64_t>(a) + static_cast<uint64_t>(b));
}

// When its recording ended, in nanoseconds since 1970; one that cannot be told is the last there
// is.
inline int64_t end_of(const Profile& profile) {
  int64_t end_ns = 0;
  const int64_t duration_ns = profile.duration_nanos() > 0 ? profile.duration_nanos() : 0;
  return __builtin_add_overflow(profile.time_nanos(), duration_ns, &end_ns) ? INT64_MAX : end_ns;
}

inline const std::string& text_of(const Profile& profile, int64_t index) {
  return profile.string_table(static_cast<int>(index));
}

}  // namespace program
