// Blocks every signal in all threads, as servers do, and lets one thread wait for all of them. What
// it reads back of its masks, and what it is handed, is what it would be without a profiler.
#define _GNU_SOURCE
#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/signalfd.h>
#include <sys/wait.h>
#include <unistd.h>

#include "burn.h"

static int count(const sigset_t* set) {
  int n = 0;
  for (int i = 1; i <= SIGRTMAX; i++) n += sigismember(set, i) == 1;
  return n;
}

__attribute__((noinline)) void masked_burn(void) {
  const int64_t start = thread_cpu_ns();
  while (thread_cpu_ns() - start < 400000000) burn_iterations(kSeldom);
}

static void* worker(void* none) {
  sigset_t seen;
  pthread_sigmask(SIG_BLOCK, NULL, &seen);
  printf("worker has %d blocked\n", count(&seen));
  masked_burn();
  return none;
}

int main(void) {
  sigset_t all, one, seen;
  sigfillset(&all);
  sigprocmask(SIG_SETMASK, &all, &seen);
  printf("before %d\n", count(&seen));
  sigemptyset(&one);
  sigaddset(&one, SIGRTMAX);
  sigprocmask(SIG_UNBLOCK, &one, &seen);
  printf("all %d\n", count(&seen));
  sigprocmask(SIG_BLOCK, &one, &seen);
  printf("without one %d\n", count(&seen));
  sigprocmask(SIG_BLOCK, NULL, &seen);
  printf("again %d\n", count(&seen));
  fflush(stdout);
  pthread_t thread;
  pthread_create(&thread, NULL, worker, NULL);
  pthread_join(thread, NULL);
  // Nothing is there, however much of the CPU was used.
  masked_burn();
  const struct timespec soon = {0, 20000000};
  siginfo_t told;
  const int got = sigtimedwait(&all, &told, &soon);
  printf("sigtimedwait %d %s\n", got, strerror(errno));
  int fd = signalfd(-1, &all, SFD_NONBLOCK);
  struct signalfd_siginfo from;
  printf("signalfd %d\n", (int)read(fd, &from, sizeof from));
  // One that somebody sends is handed over as it was sent, from any thread's point of view.
  kill(getpid(), SIGRTMAX);
  printf("sigwaitinfo %d\n", sigwaitinfo(&all, &told) == SIGRTMAX);
  int number = 0;
  kill(getpid(), SIGUSR1);
  const int error = sigwait(&all, &number);
  printf("sigwait %d %d\n", error, number == SIGUSR1);
  return 0;
}
