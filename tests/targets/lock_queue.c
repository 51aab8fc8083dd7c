// 200 threads wait for one lock, which is held for 300 ms and then goes from one to the next, each
// of which keeps it for a millisecond. Prints the nanoseconds that they waited.
#include <pthread.h>
#include <stdio.h>
#include <time.h>

enum { kThreads = 200 };

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static long long waited;

static long long now(void) {
  struct timespec t;
  clock_gettime(CLOCK_MONOTONIC, &t);
  return t.tv_sec * 1000000000LL + t.tv_nsec;
}

static void keep(long ms) {
  const struct timespec time = {0, ms * 1000000};
  nanosleep(&time, NULL);
}

static void* queues(void* unused) {
  (void)unused;
  const long long begin = now();
  pthread_mutex_lock(&lock);
  waited += now() - begin;
  keep(1);
  pthread_mutex_unlock(&lock);
  return NULL;
}

int main(void) {
  pthread_t threads[kThreads];
  pthread_mutex_lock(&lock);
  for (int i = 0; i < kThreads; i++) pthread_create(&threads[i], NULL, queues, NULL);
  keep(300);
  pthread_mutex_unlock(&lock);
  for (int i = 0; i < kThreads; i++) pthread_join(threads[i], NULL);
  printf("%lld\n", waited);
  return 0;
}
