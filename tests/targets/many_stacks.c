// Allocates by each of 2^N ways through N frames. usage: many_stacks [N]
#include <stdio.h>
#include <stdlib.h>

void* volatile sink;
void go_left(unsigned way, int levels);
void go_right(unsigned way, int levels);

__attribute__((noinline)) void step(unsigned way, int levels) {
  if (levels == 0) {
    sink = malloc(50);
    free(sink);
  } else if (way & 1) {
    go_left(way >> 1, levels - 1);
  } else {
    go_right(way >> 1, levels - 1);
  }
}
__attribute__((noinline)) void go_left(unsigned way, int levels) { step(way, levels); sink = 0; }
__attribute__((noinline)) void go_right(unsigned way, int levels) { step(way, levels); sink = 0; }

int main(int argc, char** argv) {
  const int levels = argc > 1 ? atoi(argv[1]) : 15;
  for (unsigned way = 0; way < 1u << levels; way++) step(way, levels);
  puts("allocated");
  return 0;
}
