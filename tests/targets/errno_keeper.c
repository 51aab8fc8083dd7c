// malloc, calloc, realloc that succeed and free leave errno alone.
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

void* volatile sink;

int main(void) {
  long changed = 0;
  for (long i = 0; i < 300000; i++) {
    errno = 1234;
    void* p = sink = malloc((size_t)(i % 5003));
    if (errno != 1234) changed++;
    p = sink = realloc(p, (size_t)(1 + i % 7001));
    if (errno != 1234) changed++;
    free(p);
    if (errno != 1234) changed++;
    p = sink = calloc(3, (size_t)(i % 101));
    free(p);
    if (errno != 1234) changed++;
  }
  printf("errno changed %ld times\n", changed);
  return 0;
}
