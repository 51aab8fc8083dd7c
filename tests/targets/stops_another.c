/* Has stopped cpu itself, burns CPU until a file is there, and stops heap when SIGUSR1 comes.
 * usage: target_stops_another FILE */
#include <signal.h>
#include <stdio.h>
#include <unistd.h>

#include "include/profiler.h"

static volatile sig_atomic_t asked;
static void on_signal(int number) {
  (void)number;
  asked = 1;
}

int main(int argc, char **argv) {
  volatile long sum = 0;
  signal(SIGUSR1, on_signal);
  setvbuf(stdout, 0, _IOLBF, 4096);
  printf("stop cpu: %d\n", profiler_stop("cpu"));
  while (argc > 1 && access(argv[1], F_OK) != 0) {
    for (long i = 0; i < 1000000; i++) sum += i;
    if (!asked) continue;
    asked = 0;
    printf("stop heap: %d\n", profiler_stop("heap"));
  }
  return 7;
}
