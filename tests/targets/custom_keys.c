/* A million keys, live at one time, in four threads; a half is removed by others than added it.
 * Prints how many are left. */
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>

#include "include/profiler.h"

#define THREADS 4

static long per_thread;
static void* profile;
static pthread_barrier_t all_added;

__attribute__((noinline)) void add(long key) {
  profiler_custom_add(profile, (void*)(key * 16), 0);
}

static void* work(void* which) {
  const long me = (long)which, next = (me + 1) % THREADS;
  for (long i = 0; i < per_thread; i++) add(me * per_thread + i);
  pthread_barrier_wait(&all_added);
  for (long i = 0; i < per_thread; i += 2) {
    profiler_custom_remove(profile, (void*)((next * per_thread + i) * 16));
  }
  return NULL;
}

int main(int argc, char** argv) {
  pthread_t thread[THREADS];
  per_thread = (argc > 1 ? atol(argv[1]) : 1000000) / THREADS;
  profile = profiler_custom("keys");
  pthread_barrier_init(&all_added, NULL, THREADS);
  for (long i = 0; i < THREADS; i++) pthread_create(&thread[i], NULL, work, (void*)i);
  for (long i = 0; i < THREADS; i++) pthread_join(thread[i], NULL);
  printf("%ld\n", per_thread * THREADS - per_thread / 2 * THREADS);
  return 0;
}
