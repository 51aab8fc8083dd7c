// As many threads at once as the user may have (RLIMIT_NPROC).
#include <pthread.h>
#include <stdio.h>

enum { kMost = 100 };
static pthread_mutex_t all_there = PTHREAD_MUTEX_INITIALIZER;

static void* waits(void* unused) {
  pthread_mutex_lock(&all_there);
  pthread_mutex_unlock(&all_there);
  return unused;
}

int main(void) {
  pthread_t threads[kMost];
  int made = 0;
  pthread_mutex_lock(&all_there);
  while (made < kMost && pthread_create(&threads[made], 0, waits, 0) == 0) made++;
  pthread_mutex_unlock(&all_there);
  for (int i = 0; i < made; i++) pthread_join(threads[i], 0);
  printf("%d threads\n", made);
  return 0;
}
