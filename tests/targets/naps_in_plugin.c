// A plugin that waits, or works and allocates: a thread's stack leads through it.
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

void naps_in_plugin(unsigned us);

static volatile int after;
void naps_in_plugin(unsigned us) {
  usleep(us);
  after++;
}

int works_in_plugin(int ms);
int works_in_plugin(int ms) {
  struct timespec t;
  int blocks = 0;
  do {
    for (int i = 0; i < 1000; i++) {
      void* volatile block = malloc(100);
      blocks += block != NULL;
      free(block);
    }
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t);
  } while (t.tv_sec * 1000 + t.tv_nsec / 1000000 < ms);
  return blocks;
}
