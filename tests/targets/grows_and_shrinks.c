// Holds 64 MiB for a while, then a quarter of it, and burns CPU all the time.
#include <stdlib.h>

#include "burn.h"

enum { kBlocks = 4096, kBytes = 16 << 10 };

static void burn_ms(long ms) {
  const int64_t start = thread_cpu_ns();
  while (thread_cpu_ns() - start < ms * 1000000) burn_iterations(kSeldom);
}

int main(void) {
  static void* volatile blocks[kBlocks];
  for (int i = 0; i < kBlocks; i++) blocks[i] = malloc(kBytes);
  burn_ms(200);
  for (int i = kBlocks / 4; i < kBlocks; i++) free(blocks[i]);
  burn_ms(200);
  return 0;
}
