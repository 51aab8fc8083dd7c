// Does what it reads, a line each, and answers each with a line: "a 5" allocates five blocks of
// 327,680 bytes at one place, "b 5" at another; "A 5", "B 5" free so many of them, the oldest
// first; "w 5" waits so often for a mutex that another thread has for 20 ms.
// usage: follows_orders FIFO
#include <pthread.h>
#include <semaphore.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { kSize = 327680, kMost = 64 };
static void *blocks[2][kMost];
static int made[2], freed[2];
static pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;
static sem_t wanted, held, released;

__attribute__((noinline)) void* at_one_place(void) {
  void* p = malloc(kSize);
  memset(p, 1, 64);
  return p;
}
__attribute__((noinline)) void* at_another(void) {
  void* p = malloc(kSize);
  memset(p, 2, 64);
  return p;
}

__attribute__((noinline)) void holds(void) {
  pthread_mutex_lock(&mutex);
  sem_post(&held);
  usleep(20000);
  pthread_mutex_unlock(&mutex);
}
static void* holder(void* none) {
  for (;;) {
    sem_wait(&wanted);
    holds();
    sem_post(&released);
  }
  return none;
}
__attribute__((noinline)) void wants(void) {
  sem_post(&wanted);
  sem_wait(&held);
  pthread_mutex_lock(&mutex);
  pthread_mutex_unlock(&mutex);
  sem_wait(&released);
}

int main(int argc, char** argv) {
  FILE* orders = argc > 1 ? fopen(argv[1], "r") : NULL;
  pthread_t thread;
  char what;
  int count;
  if (orders == NULL) return 1;
  sem_init(&wanted, 0, 0);
  sem_init(&held, 0, 0);
  sem_init(&released, 0, 0);
  pthread_create(&thread, NULL, holder, NULL);
  while (fscanf(orders, " %c %d", &what, &count) == 2) {
    for (int i = 0; i < count; i++) {
      const int place = what == 'b' || what == 'B';
      if (what == 'w') {
        wants();
      } else if (what == 'a') {
        blocks[0][made[0]++] = at_one_place();
      } else if (what == 'b') {
        blocks[1][made[1]++] = at_another();
      } else {
        free(blocks[place][freed[place]++]);
      }
    }
    printf("done\n");
    fflush(stdout);
  }
  return 7;
}
