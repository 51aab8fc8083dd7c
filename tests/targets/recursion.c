// N frames deep (default 2000), then one block and some burning at the bottom.
#include <stdio.h>
#include <stdlib.h>

#include "burn.h"

void* volatile sink;

__attribute__((noinline)) void bottom(void) {
  sink = malloc(5003);
  int64_t start = thread_cpu_ns();
  while (thread_cpu_ns() - start < 300000000) burn_iterations(kSeldom);
}

__attribute__((noinline)) int descend(int levels) {
  volatile int keep = levels;
  if (levels == 0) {
    bottom();
    return 0;
  }
  return descend(levels - 1) + (keep != 0);
}

int main(int argc, char** argv) {
  printf("%d\n", descend(argc > 1 ? atoi(argv[1]) : 2000));
  return 0;
}
