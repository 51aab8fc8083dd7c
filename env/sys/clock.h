// CLOCK_MONOTONIC for hooks, read in user mode where the kernel offers that, past every interposer
// (a fake time is the host's business).
#pragma once

#include <cstdint>

#include "env/sys/compiler/attributes.h"

namespace clock_source {

// The kernel's function, from the vdso; until then, and for null, the system call. Context: start.
void use(const void* clock_gettime);

// The process forbids itself the processor's counter (PR_SET_TSC), which the kernel's function
// reads: system calls from here on, in all threads. Context: any.
void avoid_counter();

// Nanoseconds. Context: any.
uint64_t monotonic_ns() SIGNAL_SAFE;

// The same clock as the kernel's last tick left it: for a few cycles, up to 10 ms old, and without
// the counter. 0 where the kernel offers no function. Context: any.
uint64_t coarse_monotonic_ns() SIGNAL_SAFE;

}  // namespace clock_source
