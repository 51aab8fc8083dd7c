// A thread that blocks every signal by a raw system call and burns, while main waits in poll().
#define _GNU_SOURCE
#include <errno.h>
#include <poll.h>
#include <pthread.h>
#include <stdio.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "burn.h"

__attribute__((noinline)) void masked_burn(void) {
  int64_t start = thread_cpu_ns();
  while (thread_cpu_ns() - start < 1000000000) burn_iterations(kSeldom);
}

static void* masked(void* done) {
  uint64_t all = ~(uint64_t)0;
  syscall(SYS_rt_sigprocmask, 0, &all, 0, sizeof all);
  masked_burn();
  *(volatile int*)done = 1;
  return 0;
}

int main(void) {
  volatile int done = 0;
  int interrupted = 0;
  pthread_t thread;
  pthread_create(&thread, 0, masked, (void*)&done);
  while (!done) {
    if (poll(0, 0, 50) < 0 && errno == EINTR) interrupted++;
  }
  pthread_join(thread, 0);
  printf("interrupted %d\n", interrupted);
  return 0;
}
