// A thread that works in its destructors while main works too, for LOOKS x 0.17 s of main's
// CPU time: a look at the threads in each. Prints the timers that are left.
// usage: slow_ends LOOKS
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>

#include "burn.h"
#include "timers.h"

static atomic_int works, enough;
static pthread_key_t key;

__attribute__((noinline)) static void burn_at_end(void) {
  const int64_t start = thread_cpu_ns();
  while (!enough) {
    burn_iterations(kSeldom);
    if (thread_cpu_ns() - start > 100000000) works = 1;
  }
  __asm__ volatile("");
}
static void at_end(void* none) {
  (void)none;
  burn_at_end();
}
static void* ends(void* none) {
  pthread_setspecific(key, &key);
  return none;
}

int main(int argc, char** argv) {
  const int looks = argc > 1 ? atoi(argv[1]) : 1;
  pthread_t thread;
  if (pthread_key_create(&key, at_end) != 0) return 1;
  if (pthread_create(&thread, NULL, ends, NULL) != 0) return 1;
  while (!works) sched_yield();
  const int64_t start = thread_cpu_ns();
  while (thread_cpu_ns() - start < looks * 170000000LL) burn_iterations(kSeldom);
  enough = 1;
  pthread_join(thread, NULL);
  printf("%d\n", count_timers());
  return 0;
}
