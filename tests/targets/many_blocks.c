// COUNT blocks of SIZE bytes from one stack, freed one by one or kept.
// usage: many_blocks SIZE COUNT freed|kept
#include <stdlib.h>
#include <string.h>

void* volatile block;

__attribute__((noinline)) void site(size_t size, long count, int keeps) {
  for (long i = 0; i < count; i++) {
    block = malloc(size);
    if (!keeps) free(block);
  }
}

int main(int argc, char** argv) {
  if (argc < 4) return 2;
  site(strtoul(argv[1], NULL, 10), strtol(argv[2], NULL, 10), strcmp(argv[3], "kept") == 0);
  return 0;
}
