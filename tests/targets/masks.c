// Blocks every signal in all threads, as servers do, and lets one thread wait for all of them. What
// it reads back of its masks, and what it is handed, is what it would be without a profiler.
// usage: masks [realtime]
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
#include "ticks_signal.h"

static int count(const sigset_t* set) {
  int n = 0;
  for (int i = 1; i <= SIGRTMAX; i++) n += sigismember(set, i) == 1;
  return n;
}

__attribute__((noinline)) void masked_burn(int64_t ns) {
  const int64_t start = thread_cpu_ns();
  while (thread_cpu_ns() - start < ns) burn_iterations(kSeldom);
}

static void* worker(void* none) {
  sigset_t seen;
  pthread_sigmask(SIG_BLOCK, NULL, &seen);
  printf("worker has %d blocked\n", count(&seen));
  masked_burn(400000000);
  return none;
}

int main(int argc, char** argv) {
  const int ticks = ticks_signal(argc > 1 ? argv[1] : NULL);
  sigset_t all, one, seen;
  sigfillset(&all);
  sigprocmask(SIG_SETMASK, &all, &seen);
  printf("before %d\n", count(&seen));
  sigemptyset(&one);
  sigaddset(&one, ticks);
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
  masked_burn(400000000);
  const struct timespec soon = {0, 20000000};
  siginfo_t received;
  const int got = sigtimedwait(&all, &received, &soon);
  printf("sigtimedwait %d %s\n", got, strerror(errno));
  int fd = signalfd(-1, &all, SFD_NONBLOCK);
  struct signalfd_siginfo from;
  printf("signalfd %d\n", (int)read(fd, &from, sizeof from));
  // One that another process sends is handed over as it was sent, from any thread's point of view.
  for (int times = 0; times < 3; times++) {
    kill(getpid(), ticks);
    const int number = sigwaitinfo(&all, &received);
    printf("sigwaitinfo %d, from kill %d\n", number == ticks, received.si_code == SI_USER);
    masked_burn(50000000);
    kill(getpid(), ticks);
    printf("signalfd %d %d\n", (int)read(fd, &from, sizeof from) == sizeof from, (int)from.ssi_signo == ticks);
  }
  int number = 0;
  kill(getpid(), SIGUSR1);
  const int error = sigwait(&all, &number);
  printf("sigwait %d %d\n", error, number == SIGUSR1);
  return 0;
}
