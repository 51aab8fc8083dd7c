// Two threads, each of which waits many times for microseconds on a futex that is never woken, and
// measures each wait. Prints the number, the nanoseconds, and what a sample in proportion to the
// length leaves to chance: the variances of both, where waits of RATE_NS and more are all kept.
// usage: short_waits WAITS RATE_NS SHORTEST_US LONGEST_US
#include <linux/futex.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

static long waits, shortest, longest;
static double rate;

struct sums {
  double ns, of_count, of_ns;
};

static double now_ns(void) {
  struct timespec t;
  clock_gettime(CLOCK_MONOTONIC, &t);
  return (double)t.tv_sec * 1e9 + (double)t.tv_nsec;
}

__attribute__((noinline)) void short_wait(long us) {
  static int word;
  struct timespec limit = {0, us * 1000};
  syscall(SYS_futex, &word, FUTEX_WAIT_PRIVATE, 0, &limit, NULL, 0);
}

static void* work(void* result) {
  struct sums* sums = result;
  unsigned seed = 1;
  prctl(PR_SET_TIMERSLACK, 1);
  for (long i = 0; i < waits; i++) {
    seed = seed * 1664525 + 1013904223;
    const long us = shortest + (long)(seed >> 16) % (longest - shortest + 1);
    const double start = now_ns();
    short_wait(us);
    const double ns = now_ns() - start;
    sums->ns += ns;
    if (ns < rate) sums->of_count += rate / ns - 1, sums->of_ns += ns * (rate - ns);
  }
  return NULL;
}

int main(int argc, char** argv) {
  if (argc != 5) return 2;
  waits = atol(argv[1]), rate = atof(argv[2]), shortest = atol(argv[3]), longest = atol(argv[4]);
  struct sums sums[2] = {{0, 0, 0}, {0, 0, 0}};
  pthread_t thread;
  pthread_create(&thread, NULL, work, &sums[1]);
  work(&sums[0]);
  pthread_join(thread, NULL);
  printf("%ld %.0f %.0f %.0f\n", 2 * waits, sums[0].ns + sums[1].ns,
         sums[0].of_count + sums[1].of_count, sums[0].of_ns + sums[1].of_ns);
  return 0;
}
