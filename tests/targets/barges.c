// A thread takes a lock back as soon as it has released it, for 0.2 s; another waits for it.
#include <pthread.h>
#include <stdatomic.h>

#include "burn.h"

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static atomic_int is_over;

static __attribute__((noinline)) void release(void) {
  pthread_mutex_unlock(&lock);
  __asm__ volatile("");
}

static void* barge(void* none) {
  const int64_t end = clock_ns(CLOCK_MONOTONIC) + 200000000;
  while (clock_ns(CLOCK_MONOTONIC) < end) {
    pthread_mutex_lock(&lock);
    burn_iterations(20000);
    release();
  }
  is_over = 1;
  return none;
}

int main(void) {
  pthread_t thread;
  pthread_create(&thread, NULL, barge, NULL);
  while (!is_over) {
    pthread_mutex_lock(&lock);
    pthread_mutex_unlock(&lock);
  }
  return pthread_join(thread, NULL);
}
