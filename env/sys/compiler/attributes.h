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

// A function that reads what others keep, such as the frames of a stack: a word there may lie
// between two of AddressSanitizer's variables, which is no fault of the reader. Nothing but in its
// builds.
#ifdef __SANITIZE_ADDRESS__
#define READS_FOREIGN __attribute__((no_sanitize_address))
#else
#define READS_FOREIGN
#endif
