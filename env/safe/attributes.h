// The few compiler attributes this project uses, each named for what it promises.
#pragma once

#define EXPORT __attribute__((visibility("default")))
#define HIDDEN __attribute__((visibility("hidden")))
#define NOINLINE __attribute__((noinline))
#define ALWAYS_INLINE inline __attribute__((always_inline))
#define COLD __attribute__((cold))
#define LIKELY(condition) __builtin_expect(!!(condition), 1)
#define UNLIKELY(condition) __builtin_expect(!!(condition), 0)

// A function that may run in a signal handler or inside malloc: no allocation, lock, exception or
// libc call that is not async-signal-safe. Empty with g++ 12; newer compilers can check it.
#define SIGNAL_SAFE
