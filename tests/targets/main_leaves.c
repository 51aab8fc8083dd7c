// main ends by pthread_exit; the process lives as long as its other thread.
#include <pthread.h>
#include <stdio.h>

#include "burn.h"

__attribute__((noinline)) void burn_after_main(void) {
  int64_t start = thread_cpu_ns();
  while (thread_cpu_ns() - start < 300000000) burn_iterations(kSeldom);
}

static void* last(void* unused) {
  burn_after_main();
  puts("last thread ends");
  return unused;
}

int main(void) {
  pthread_t thread;
  pthread_create(&thread, 0, last, 0);
  pthread_exit(0);
}
