// Forks among threads that take snapshots of each other, while short threads among them end
// without having been asked. Each child counts surplus descriptors and missing timers of its own,
// among threads of which snapshots are taken too. usage: forks_while_asked CHILDREN
#define _GNU_SOURCE
#include <dirent.h>
#include <pthread.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

enum { kNapping = 4, kShort = 8, kTimers = 1500 };

static void* naps(void* none) {
  for (;;) usleep(50);
  return none;
}
static void* spins(void* none) {
  for (;;) __asm__ volatile("");
  return none;
}
static void* burns(void* ns) {
  struct timespec used;
  do clock_gettime(CLOCK_THREAD_CPUTIME_ID, &used);
  while (used.tv_nsec < (intptr_t)ns);
  return NULL;
}

static int descriptors(void) {
  DIR* directory = opendir("/proc/self/fd");
  int count = 0;
  while (readdir(directory) != NULL) count++;
  closedir(directory);
  return count;
}

static int child(int expected) {
  static timer_t timers[kTimers];
  const int has_more = descriptors() > expected;
  struct sigevent none = {.sigev_notify = SIGEV_NONE};
  int made = 0;
  while (made < kTimers && timer_create(CLOCK_MONOTONIC, &none, &timers[made]) == 0) made++;
  pthread_t thread;
  for (int i = 0; i < kShort; i++) pthread_create(&thread, NULL, spins, NULL);
  usleep(100000);
  int lost = 0;
  struct itimerspec now;
  for (int i = 0; i < made; i++) lost += timer_gettime(timers[i], &now) != 0;
  return has_more | (lost != 0) << 1;
}

int main(int argc, char** argv) {
  const int children = argc > 1 ? atoi(argv[1]) : 1;
  pthread_t thread, brief[kShort];
  for (int i = 0; i < kNapping; i++) pthread_create(&thread, NULL, naps, NULL);
  usleep(200000);
  const int expected = descriptors();
  int with_more = 0, with_less = 0;
  for (int n = 0; n < children; n++) {
    for (intptr_t i = 0; i < kShort; i++) {
      pthread_create(&brief[i], NULL, burns, (void*)(200000 + 300000 * i));
    }
    for (int i = 0; i < kShort; i++) pthread_join(brief[i], NULL);
    const pid_t pid = fork();
    if (pid == 0) _exit(child(expected));
    int status = 0;
    waitpid(pid, &status, 0);
    with_more += WEXITSTATUS(status) & 1;
    with_less += WEXITSTATUS(status) >> 1 & 1;
  }
  printf("%d with more descriptors, %d with fewer timers\n", with_more, with_less);
  return 0;
}
