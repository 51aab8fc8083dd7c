// Ends while threads wait, each in a function of its own: three for another thread, three for the
// system. The block profile is also dumped then, to the file argv[1].
#include <pthread.h>
#include <semaphore.h>
#include <stdint.h>
#include <stdio.h>
#include <sys/select.h>
#include <time.h>
#include <unistd.h>

#include "include/profiler.h"

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

static int ends[2];
__attribute__((noinline)) void site_read(void) {
  char byte;
  if (read(ends[0], &byte, 1) == 1) puts("never");
}
__attribute__((noinline)) void site_select(void) {
  fd_set set;
  FD_ZERO(&set);
  FD_SET(ends[0], &set);
  select(ends[0] + 1, &set, NULL, NULL, NULL);
}
__attribute__((noinline)) void site_sleep(void) { sleep(60); }

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

int main(int argc, char **argv) {
  void (*sites[])(void) = {site_mutex, site_sem, site_condition, site_read, site_select, site_sleep};
  if (pipe(ends) != 0) return 1;
  pthread_mutex_lock(&mutex);
  sem_init(&sem, 0, 0);
  for (int i = 0; i < 6; i++) {
    pthread_t thread;
    pthread_create(&thread, NULL, thread_main, (void*)(uintptr_t)sites[i]);
  }
  struct timespec wait = {0, 300000000};
  nanosleep(&wait, NULL);
  if (argc > 1) profiler_dump("block", argv[1]);
  puts("done");
  return 0;
}
