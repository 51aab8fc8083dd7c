#pragma once

#include <cstdint>
#include <ctime>

namespace program {

inline uint64_t nanoseconds(const timespec& time) {
  return static_cast<uint64_t>(time.tv_sec) * 1000000000 + static_cast<uint64_t>(time.tv_nsec);
}

inline uint64_t clock_ns(clockid_t clock) {
  timespec now{};
  clock_gettime(clock, &now);
  return nanoseconds(now);
}
inline uint64_t monotonic_ns() {
  return clock_ns(CLOCK_MONOTONIC);
}
inline uint64_t realtime_ns() {
  return clock_ns(CLOCK_REALTIME);
}

}  // namespace program
