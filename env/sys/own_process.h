// The number, the birth and the clocks of this process, as the kernel has them.
#pragma once

#include <cstdint>

namespace process {

// Context: any; a system call, so that it is right in any kind of child.
int current_pid();

// Field 22 of /proc/self/stat: with the number it names a process for as long as the machine runs.
// 0: not known. Context: start; forked child.
uint64_t birth_ticks();

// CLOCK_REALTIME when this process was made, which an exec does not change: files that are younger
// may be an earlier image's. The kernel tells it to 10 ms; late rather than early, and never later
// than `latest`, when this image began (which is also the answer without /proc). Context: cold.
uint64_t born_realtime_ns(uint64_t latest);

// The same of the session, `latest` where that cannot be known: what its processes wrote is no
// earlier run's.
uint64_t session_born_realtime_ns(uint64_t latest);

// Nanoseconds of CLOCK_MONOTONIC and CLOCK_REALTIME. Context: any.
uint64_t monotonic_ns();
uint64_t realtime_ns();

}  // namespace process
