// SIGURG as the kernel and other threads send it: by default it does nothing, blocked it waits, then
// a handler gets each. The program burns CPU time between, so that a profiler's own would show.
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "burn.h"

static int ours, peers, handled;

static void on_urgent(int number, siginfo_t* info, void* context) {
  (void)number, (void)context;
  handled += info->si_code == SI_KERNEL || info->si_code == SI_TKILL || info->si_code == SI_TIMER;
}

static void burn_some(void) {
  const int64_t start = thread_cpu_ns();
  while (thread_cpu_ns() - start < 50000000) burn_iterations(kSeldom);
}

static int connect_both(void) {
  struct sockaddr_in at = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
  socklen_t size = sizeof at;
  const int listener = socket(AF_INET, SOCK_STREAM, 0);
  if (bind(listener, (struct sockaddr*)&at, size) != 0 || listen(listener, 1) != 0) return -1;
  getsockname(listener, (struct sockaddr*)&at, &size);
  peers = socket(AF_INET, SOCK_STREAM, 0);
  if (connect(peers, (struct sockaddr*)&at, size) != 0) return -1;
  ours = accept(listener, NULL, NULL);
  return fcntl(ours, F_SETOWN, getpid());
}

static void send_urgent(void) {
  char byte = 'u';
  if (send(peers, &byte, 1, MSG_OOB) != 1) exit(2);
  // Until it is there; the signal comes first.
  while (recv(ours, &byte, 1, MSG_OOB) != 1) usleep(1000);
}

static void send_by_timer(void) {
  struct sigevent event = {.sigev_notify = SIGEV_SIGNAL, .sigev_signo = SIGURG};
  const struct itimerspec soon = {{0, 0}, {0, 1000000}};
  timer_t timer;
  if (timer_create(CLOCK_MONOTONIC, &event, &timer) != 0) exit(2);
  timer_settime(timer, 0, &soon, NULL);
  usleep(20000);
}

static int is_pending(void) {
  sigset_t set;
  sigpending(&set);
  return sigismember(&set, SIGURG);
}

static void wait_blocked(void (*send_it)(void), const char* what) {
  const struct timespec limit = {10, 0};
  sigset_t one;
  siginfo_t info;
  sigemptyset(&one);
  sigaddset(&one, SIGURG);
  pthread_sigmask(SIG_BLOCK, &one, NULL);
  burn_some();
  send_it();
  const int pending = is_pending();
  const int got = sigtimedwait(&one, &info, &limit);
  printf("%s: pending %d, got %d, code %d, pending %d\n", what, pending, got == SIGURG, info.si_code, is_pending());
  pthread_sigmask(SIG_UNBLOCK, &one, NULL);
  burn_some();
}

static void send_by_thread(void) {
  pthread_kill(pthread_self(), SIGURG);
}

int main(void) {
  if (connect_both() != 0) return 1;
  burn_some();
  send_urgent();
  send_by_timer();
  send_by_thread();
  wait_blocked(send_by_thread, "by a thread");
  wait_blocked(send_urgent, "by the kernel");
  wait_blocked(send_by_timer, "by a timer");
  struct sigaction mine = {.sa_sigaction = on_urgent, .sa_flags = SA_SIGINFO}, before;
  sigaction(SIGURG, &mine, &before);
  printf("it was the default: %d\n", before.sa_handler == SIG_DFL);
  burn_some();
  send_urgent();
  send_by_timer();
  send_by_thread();
  burn_some();
  printf("handled %d\n", handled);
  return 0;
}
