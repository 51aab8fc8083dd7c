// Closes every descriptor above 2, opens its own, works, and checks that they are still its own.
#define _GNU_SOURCE
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "burn.h"

void* volatile sink;

int main(void) {
  closefrom(3);
  int ends[2];
  if (pipe(ends) != 0) return 1;
  printf("descriptors %d %d\n", ends[0], ends[1]);
  int64_t start = thread_cpu_ns();
  char text[64] = "", expected[64];
  long broken = 0;
  for (long i = 0; thread_cpu_ns() - start < 300000000; i++) {
    int size = snprintf(expected, sizeof expected, "%ld", i);
    if (write(ends[1], expected, (size_t)size) != size) broken++;
    void* block = sink = malloc((size_t)(1 + i % 4099));
    free(block);
    burn_iterations(1000);
    memset(text, 0, sizeof text);
    if (read(ends[0], text, sizeof text) != size || strcmp(text, expected) != 0) broken++;
  }
  int next = open("/dev/null", O_RDONLY);
  printf("next %d, broken %ld\n", next, broken);
  return 0;
}
