// Main returns while eight threads allocate and lock.
#include <pthread.h>
#include <stdlib.h>
#include <unistd.h>

static pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;

static void* works(void* unused) {
  for (;;) {
    void* volatile block = malloc(100);
    pthread_mutex_lock(&mutex);
    pthread_mutex_unlock(&mutex);
    free(block);
  }
  return unused;
}

int main(void) {
  pthread_t thread;
  for (int i = 0; i < 8; i++) pthread_create(&thread, NULL, works, NULL);
  usleep(30000);
  return 6;
}
