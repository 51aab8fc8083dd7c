// A handler on the alternate stack allocates while further signals arrive on it, and sees that its
// own frame stays whole.
#define _GNU_SOURCE
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/time.h>

#include "burn.h"

static volatile long overwritten, elsewhere;
static char* alternate;
enum { kSize = 256 * 1024, kWords = 512 };

static void on_alarm(int number) {
  (void)number;
  char here;
  if (&here < alternate || &here >= alternate + kSize) elsewhere++;
}

static void on_signal(int number) {
  (void)number;
  volatile unsigned long words[kWords];
  for (int i = 0; i < kWords; i++) words[i] = 0x1122334455667788;
  for (int i = 0; i < 200; i++) free(malloc(100));
  for (int i = 0; i < kWords; i++) overwritten += words[i] != 0x1122334455667788;
}

int main(void) {
  alternate = malloc(kSize);
  stack_t stack = {.ss_sp = alternate, .ss_size = kSize};
  sigaltstack(&stack, 0);
  struct sigaction action = {.sa_handler = on_signal, .sa_flags = SA_ONSTACK};
  sigaction(SIGUSR1, &action, 0);
  action.sa_handler = on_alarm;
  sigaction(SIGALRM, &action, 0);
  struct itimerval often = {{0, 300}, {0, 300}}, never = {{0, 0}, {0, 0}};
  setitimer(ITIMER_REAL, &often, 0);
  int64_t end = thread_cpu_ns() + 700000000;
  while (thread_cpu_ns() < end) {
    raise(SIGUSR1);
    // The alarms that meet no handler run here, on the alternate stack all the same.
  }
  setitimer(ITIMER_REAL, &never, 0);
  printf("%ld words overwritten, %ld alarms on another stack\n", overwritten, elsewhere);
  return 0;
}
