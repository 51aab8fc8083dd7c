// Work that costs the same wherever it stands, and the CPU time it cost.
#pragma once

#include <stdint.h>
#include <time.h>

// Some 5 ms. A thread that asks for its CPU clock more often is preempted there on a busy machine.
// The preemption comes before the kernel's tick, which alone checks timers of CPU time: the
// thread's samples are few and heavy.
enum { kSeldom = 2500000 };

static inline __attribute__((always_inline)) void burn_iterations(long count) {
  uint64_t x = 88172645463325252u;
  for (long i = 0; i < count; i++) {
    x ^= x << 13;
    x ^= x >> 7;
    x ^= x << 17;
    __asm__ volatile("" : "+r"(x));
  }
}

static inline int64_t clock_ns(clockid_t clock) {
  struct timespec t;
  clock_gettime(clock, &t);
  return (int64_t)t.tv_sec * 1000000000 + t.tv_nsec;
}

static inline int64_t thread_cpu_ns(void) {
  return clock_ns(CLOCK_THREAD_CPUTIME_ID);
}

// Iterations that take about a millisecond of CPU on this machine.
static __attribute__((noinline, unused)) long calibrate(void) {
  long count = 100000;
  for (;;) {
    int64_t start = thread_cpu_ns();
    burn_iterations(count);
    int64_t taken = thread_cpu_ns() - start;
    if (taken > 5000000) return (long)((double)count * 1e6 / (double)taken);
    count *= 2;
  }
}
