// A program from before glibc 2.3.2, by the versions that it asks for: its conditions are another
// thing under the same names. Waits 100 ms for one, and 50 ms in vain; prints the nanoseconds of each,
// if asked to.
// usage: old_conditions [tell]
#include <errno.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "burn.h"

#define OLD(name) __asm__(".symver " #name "," #name "@GLIBC_2.2.5")
OLD(pthread_cond_init);
OLD(pthread_cond_wait);
OLD(pthread_cond_timedwait);
OLD(pthread_cond_signal);
OLD(pthread_cond_destroy);

static pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;
static int ready;

// As large as it was: the words behind it are the program's.
static struct {
  void *condition;
  long behind[8];
} old;
#define CONDITION ((pthread_cond_t *)&old)

static void *signals(void *unused) {
  const struct timespec pause = {0, 100000000};
  nanosleep(&pause, NULL);
  pthread_mutex_lock(&mutex);
  ready = 1;
  pthread_cond_signal(CONDITION);
  pthread_mutex_unlock(&mutex);
  return unused;
}

__attribute__((noinline)) static void waits(void) {
  pthread_mutex_lock(&mutex);
  while (!ready) pthread_cond_wait(CONDITION, &mutex);
  pthread_mutex_unlock(&mutex);
}

__attribute__((noinline)) static int waits_in_vain(void) {
  struct timespec until;
  clock_gettime(CLOCK_REALTIME, &until);
  until.tv_nsec += 50000000;
  if (until.tv_nsec >= 1000000000) {
    until.tv_nsec -= 1000000000;
    until.tv_sec++;
  }
  pthread_mutex_lock(&mutex);
  const int error = pthread_cond_timedwait(CONDITION, &mutex, &until);
  pthread_mutex_unlock(&mutex);
  return error;
}

int main(int argc, char **argv) {
  (void)argv;
  pthread_t thread;
  for (int i = 0; i < 8; i++) old.behind[i] = 0x55;
  if (pthread_cond_init(CONDITION, NULL) != 0) return 2;
  pthread_create(&thread, NULL, signals, NULL);
  int64_t start = clock_ns(CLOCK_MONOTONIC);
  waits();
  const int64_t waited = clock_ns(CLOCK_MONOTONIC) - start;
  pthread_join(thread, NULL);
  start = clock_ns(CLOCK_MONOTONIC);
  if (waits_in_vain() != ETIMEDOUT) return 3;
  const int64_t in_vain = clock_ns(CLOCK_MONOTONIC) - start;
  if (argc > 1) printf("%lld %lld\n", (long long)waited, (long long)in_vain);
  pthread_cond_destroy(CONDITION);
  for (int i = 0; i < 8; i++) {
    if (old.behind[i] != 0x55) return 4;
  }
  return 0;
}
