// Sixty threads wait for a lock and nap; then a fork, whose child fills tables and makes threads of
// its own, which take nothing over from those that were not forked.
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

enum { kThreads = 60, kStacks = 4000, kNaps = 150 };
static pthread_mutex_t held = PTHREAD_MUTEX_INITIALIZER;

static void nap(void) {
  const struct timespec t = {0, 1000};
  nanosleep(&t, NULL);
}

__attribute__((noinline)) void* waits_in_parent(void* none) {
  nap();
  pthread_mutex_lock(&held);
  return none;
}

__attribute__((noinline)) void* naps_in_child(void* none) {
  for (int i = 0; i < kNaps; i++) nap();
  return none;
}

__attribute__((noinline)) void* spins_in_child(void* none) {
  for (volatile int i = 0; none == NULL; i++) {
  }
  return none;
}

static void left(int depth, unsigned turns);
static void right(int depth, unsigned turns);
__attribute__((noinline)) static void turn(int depth, unsigned turns) {
  void* volatile block;
  if (depth == 0) {
    block = malloc(100);
    free(block);
  } else if (turns & 1) {
    left(depth - 1, turns >> 1);
  } else {
    right(depth - 1, turns >> 1);
  }
}
__attribute__((noinline)) static void left(int depth, unsigned turns) { turn(depth, turns); }
__attribute__((noinline)) static void right(int depth, unsigned turns) { turn(depth, turns); }

static int child(void) {
  pthread_t thread;
  for (unsigned i = 0; i < kStacks; i++) turn(14, i);
  for (int i = 0; i < 3; i++) {
    if (pthread_create(&thread, NULL, naps_in_child, NULL) != 0) return 1;
    pthread_join(thread, NULL);
  }
  for (unsigned i = 0; i < 3 * kStacks; i++) turn(14, i);
  for (int i = 0; i < 4; i++) pthread_create(&thread, NULL, spins_in_child, NULL);
  usleep(20000);
  return 0;
}

int main(void) {
  pthread_t thread;
  int status = -1;
  pthread_mutex_lock(&held);
  for (int i = 0; i < kThreads; i++) pthread_create(&thread, NULL, waits_in_parent, NULL);
  usleep(50000);
  const pid_t pid = fork();
  if (pid == 0) exit(child());
  waitpid(pid, &status, 0);
  printf("%d\n", status);
  fflush(stdout);
  _exit(0);
}
