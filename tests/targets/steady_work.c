// So many rounds (default 100) of recursion, allocation and burning, about a millisecond each. It asks
// nothing of the kernel while it works, so that whatever is asked then is another thread's.
#include <stdio.h>
#include <stdlib.h>

#include "burn.h"

void* volatile sink;

__attribute__((noinline)) static int descend(int levels) {
  volatile int keep = levels;
  if (levels == 0) {
    free(sink = malloc(5003));
    burn_iterations(400000);
    return 0;
  }
  return descend(levels - 1) + (keep != 0);
}

int main(int argc, char** argv) {
  int sum = 0;
  for (int i = 0, rounds = argc > 1 ? atoi(argv[1]) : 100; i < rounds; i++) sum += descend(100);
  printf("%d\n", sum);
  return 0;
}
