// Threads that come and go: N threads, one after another in each of two lanes, each burning M ms.
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>

#include "burn.h"

static long iterations;

__attribute__((noinline)) void* short_life(void* unused) {
  burn_iterations(iterations);
  return unused;
}

static long count;

static void* lane(void* unused) {
  for (long i = 0; i < count / 2; i++) {
    pthread_t thread;
    pthread_create(&thread, 0, short_life, 0);
    pthread_join(thread, 0);
  }
  return unused;
}

int main(int argc, char** argv) {
  count = argc > 1 ? atol(argv[1]) : 100;
  iterations = calibrate() * (argc > 2 ? atol(argv[2]) : 5);
  pthread_t lanes[2];
  for (int i = 0; i < 2; i++) pthread_create(&lanes[i], 0, lane, 0);
  for (int i = 0; i < 2; i++) pthread_join(lanes[i], 0);
  struct rusage usage;
  getrusage(RUSAGE_SELF, &usage);
  printf("cpu %lld\n", (usage.ru_utime.tv_sec + usage.ru_stime.tv_sec) * 1000000000ll +
                           (usage.ru_utime.tv_usec + usage.ru_stime.tv_usec) * 1000ll);
  return 0;
}
