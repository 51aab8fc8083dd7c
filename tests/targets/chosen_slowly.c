// 30 ms of CPU time before any constructor. While the loader relocates, libc cannot be called.
#include <stdint.h>
#include <sys/syscall.h>
#include <time.h>

static int64_t cpu_time_ns(void) {
  struct timespec now = {0, 0};
  long result;
  __asm__ volatile("syscall"
                   : "=a"(result)
                   : "a"(SYS_clock_gettime), "D"(CLOCK_PROCESS_CPUTIME_ID), "S"(&now)
                   : "rcx", "r11", "memory");
  return (int64_t)now.tv_sec * 1000000000 + now.tv_nsec;
}

static int nothing(void) {
  return 0;
}

static int (*choose(void))(void) {
  const int64_t end = cpu_time_ns() + 30000000;
  while (cpu_time_ns() < end) {
  }
  return nothing;
}

int chosen_slowly(void) __attribute__((ifunc("choose")));
