// `many_forks N`: N children of a process with eight threads that allocate; each allocates a MiB and
// leaves by exit and _exit in turn. Prints how many did not end well.
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

enum { kThreads = 8, kBlocks = 256, kBytes = 4001, kAtOnce = 4 };

static volatile int over;
static void* allocate(void* unused) {
  void* kept[64] = {0};
  for (unsigned i = 0; !over; i++) {
    void** place = &kept[i % 64];
    free(*place);
    *place = malloc(64 + i % 1000);
  }
  return unused;
}

static void* volatile sink;
static void be_child(int number) {
  for (int i = 0; i < kBlocks; i++) {
    sink = malloc(kBytes);
    if (i % 2) free(sink);
  }
  if (number % 2) exit(0);
  _exit(0);
}

static int wait_for_one(void) {
  int status = -1;
  wait(&status);
  return status != 0;
}

int main(int argc, char** argv) {
  const int count = argc > 1 ? atoi(argv[1]) : 1;
  pthread_t threads[kThreads];
  for (int i = 0; i < kThreads; i++) pthread_create(&threads[i], 0, allocate, 0);
  int bad = 0, alive = 0;
  for (int i = 0; i < count; i++) {
    const pid_t child = fork();
    if (child == 0) be_child(i);
    if (child > 0) alive++;
    bad += child < 0;
    for (; alive >= kAtOnce; alive--) bad += wait_for_one();
  }
  for (; alive > 0; alive--) bad += wait_for_one();
  over = 1;
  for (int i = 0; i < kThreads; i++) pthread_join(threads[i], 0);
  printf("%d bad\n", bad);
  return 0;
}
