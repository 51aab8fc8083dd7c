// Built with -pg: the C library's own profiler has SIGPROF and ITIMER_PROF, and writes gmon.out.
#include <stdio.h>

#include "burn.h"

__attribute__((noinline)) void burn_some(void) {
  burn_iterations(100000);
}

int main(void) {
  int64_t start = thread_cpu_ns();
  while (thread_cpu_ns() - start < 1000000000) burn_some();
  puts("done");
  return 0;
}
