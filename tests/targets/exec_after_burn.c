// Burns 30 ms of CPU, so that a timer is half way through its period, and becomes another program.
#include <stdio.h>
#include <unistd.h>

#include "burn.h"

__attribute__((noinline)) void burn_before_exec(void) {
  int64_t start = thread_cpu_ns();
  while (thread_cpu_ns() - start < 30000000) burn_iterations(20000);
}

int main(int argc, char** argv) {
  (void)argc;
  burn_before_exec();
  execvp(argv[1], argv + 1);
  puts("exec failed");
  return 127;
}
