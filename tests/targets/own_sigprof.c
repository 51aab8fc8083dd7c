// A host that owns SIGPROF and ITIMER_PROF and checks that no other user of them shows.
#include <signal.h>
#include <stdio.h>
#include <sys/time.h>

#include "burn.h"

static volatile sig_atomic_t ticks;

static void on_tick(int number) {
  (void)number;
  ticks++;
}

__attribute__((noinline)) void burn_under_own_timer(void) {
  int64_t start = thread_cpu_ns();
  while (thread_cpu_ns() - start < 600000000) burn_iterations(kSeldom);
}

int main(void) {
  struct sigaction mine = {.sa_handler = on_tick, .sa_flags = SA_RESTART}, before, now;
  struct itimerval every_20ms = {{0, 20000}, {0, 20000}}, old, current;
  sigaction(SIGPROF, &mine, &before);
  setitimer(ITIMER_PROF, &every_20ms, &old);
  burn_under_own_timer();
  sigaction(SIGPROF, 0, &now);
  getitimer(ITIMER_PROF, &current);
  printf("before: %s, timer %s\n", before.sa_handler == SIG_DFL ? "default" : "taken",
         old.it_interval.tv_usec == 0 && old.it_value.tv_usec == 0 ? "free" : "taken");
  printf("now: %s, %ld us\n", now.sa_handler == on_tick ? "mine" : "another's",
         (long)current.it_interval.tv_usec);
  // 30 ticks are due. The kernel deals them out at its own ticks, on a busy machine up to 40 of
  // them were seen; a profiler's would be 60 more.
  if (ticks < 15 || ticks > 60) printf("%d ticks\n", (int)ticks);
  return 0;
}
