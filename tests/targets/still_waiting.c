// Ends while three threads wait, each in a function of its own.
#include <pthread.h>
#include <semaphore.h>
#include <stdint.h>
#include <stdio.h>
#include <time.h>

static pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;
static pthread_mutex_t for_condition = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t condition = PTHREAD_COND_INITIALIZER;
static sem_t sem;

__attribute__((noinline)) void site_mutex(void) { pthread_mutex_lock(&mutex); }
__attribute__((noinline)) void site_sem(void) { sem_wait(&sem); }
__attribute__((noinline)) void site_condition(void) {
  pthread_mutex_lock(&for_condition);
  pthread_cond_wait(&condition, &for_condition);
}

__attribute__((noinline)) void deeper(int levels, void (*site)(void)) {
  volatile char room[4000];
  room[0] = 1;
  if (levels == 0) site();
  else deeper(levels - 1, site);
  room[1] = room[0];
}

static void* thread_main(void* site) {
  deeper(5, (void (*)(void))(uintptr_t)site);
  return NULL;
}

int main(void) {
  void (*sites[])(void) = {site_mutex, site_sem, site_condition};
  pthread_mutex_lock(&mutex);
  sem_init(&sem, 0, 0);
  for (int i = 0; i < 3; i++) {
    pthread_t thread;
    pthread_create(&thread, NULL, thread_main, (void*)(uintptr_t)sites[i]);
  }
  struct timespec wait = {0, 300000000};
  nanosleep(&wait, NULL);
  puts("done");
  return 0;
}
