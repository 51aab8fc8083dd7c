// The same work in each run: five functions, a fifth of it each, and one of them grows by so many hundredths of
// the whole. usage: grows [HUNDREDTHS [MILLIONS]]: MILLIONS of iterations in all, 100 by default.
#include <stdio.h>
#include <stdlib.h>

#define STEP(name)                                               \
  __attribute__((noinline, aligned(64))) void name(long count) { \
    unsigned long x = 88172645463325252u;                        \
    for (long i = 0; i < count; i++) {                           \
      x ^= x << 13, x ^= x >> 7, x ^= x << 17;                   \
      __asm__ volatile("" : "+r"(x));                            \
    }                                                            \
  }
STEP(read_input)
STEP(parse)
STEP(resolve)
STEP(render)
STEP(write_output)

int main(int argc, char** argv) {
  const long hundredths = argc > 1 ? atol(argv[1]) : 0;
  const long part = (argc > 2 ? atol(argv[2]) : 100) * 1000;  // of one step in one of 200 rounds
  for (int round = 0; round < 200; round++) {
    read_input(part);
    parse(part + 5 * part * hundredths / 100);
    resolve(part);
    render(part);
    write_output(part);
  }
  puts("written");
  return 0;
}
