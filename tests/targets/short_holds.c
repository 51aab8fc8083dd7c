// One thread waits on a futex, another wakes it 1 to 20 microseconds later, many times. Prints how
// often a thread was woken, the nanoseconds from the waiter's call to the waker's, and the sum of
// their squares.
// usage: short_holds TIMES
#include <limits.h>
#include <linux/futex.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

static int times;
static atomic_int word, armed;
static double since;

static double now_ns(void) {
  struct timespec t;
  clock_gettime(CLOCK_MONOTONIC, &t);
  return (double)t.tv_sec * 1e9 + (double)t.tv_nsec;
}

__attribute__((noinline)) long wake(void) {
  return syscall(SYS_futex, &word, FUTEX_WAKE_PRIVATE, INT_MAX, NULL, NULL, 0);
}

static void* wait_many_times(void* unused) {
  for (int i = 0; i < times; i++) {
    since = now_ns();
    armed = i + 1;
    while (word == i) syscall(SYS_futex, &word, FUTEX_WAIT_PRIVATE, i, NULL, NULL, 0);
  }
  return unused;
}

int main(int argc, char** argv) {
  times = argc > 1 ? atoi(argv[1]) : 1000;
  long woken = 0;
  double ns = 0, squares = 0;
  unsigned seed = 1;
  pthread_t thread;
  pthread_create(&thread, NULL, wait_many_times, NULL);
  for (int i = 0; i < times; i++) {
    while (armed != i + 1) continue;
    seed = seed * 1664525 + 1013904223;
    const double start = since;  // the woken thread writes the next
    const double end = start + 1000 * (1 + (seed >> 16) % 20);
    double now;
    while ((now = now_ns()) < end) continue;
    word = i + 1;
    if (wake() == 0) continue;
    woken++, ns += now - start, squares += (now - start) * (now - start);
  }
  pthread_join(thread, NULL);
  printf("%ld %.0f %.0f\n", woken, ns, squares);
  return 0;
}
