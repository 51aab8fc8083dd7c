// Three threads that take one lock a hundred times each and burn so many iterations under it.
// usage: contends [THOUSANDS]: 50 by default
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>

#include "burn.h"

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static long iterations;

__attribute__((noinline)) void critical_section(void) {
  pthread_mutex_lock(&lock);
  burn_iterations(iterations);
  pthread_mutex_unlock(&lock);
  __asm__ volatile("");
}

static void* work(void* unused) {
  for (int i = 0; i < 100; i++) {
    critical_section();
    burn_iterations(20000);
  }
  return unused;
}

int main(int argc, char** argv) {
  iterations = 1000 * (argc > 1 ? atol(argv[1]) : 50);
  pthread_t threads[3];
  for (int i = 0; i < 3; i++) pthread_create(&threads[i], NULL, work, NULL);
  for (int i = 0; i < 3; i++) pthread_join(threads[i], NULL);
  puts("done");
  return 0;
}
