// Four threads add to a number under a lock, and sleep with it now and then. Prints the number.
#include <pthread.h>
#include <stdio.h>
#include <unistd.h>

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static long sum;

static void* adds(void* unused) {
  (void)unused;
  for (int i = 0; i < 2000; i++) {
    pthread_mutex_lock(&lock);
    sum++;
    if (i % 500 == 0) usleep(1000);
    pthread_mutex_unlock(&lock);
  }
  return NULL;
}

int main(void) {
  pthread_t threads[4];
  for (int i = 0; i < 4; i++) pthread_create(&threads[i], NULL, adds, NULL);
  for (int i = 0; i < 4; i++) pthread_join(threads[i], NULL);
  printf("%ld\n", sum);
  return 0;
}
