/* A handler allocates while the interrupted thread opens and closes files, adds references and sets
 * labels. */
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/time.h>
#include <unistd.h>

#include "include/profiler.h"

enum { kBlocks = 2000 };
static void *volatile blocks[kBlocks];
static volatile int count;

__attribute__((noinline)) static void site_in_handler(void) {
  blocks[count] = malloc(100);
  blocks[count] = realloc(blocks[count], 300);
}

static void on_alarm(int number) {
  (void)number;
  if (count == kBlocks) return;
  site_in_handler();
  count++;
}

int main(void) {
  void *things = profiler_custom("things");
  struct sigaction action = {0};
  struct itimerval often = {{0, 200}, {0, 200}}, never = {{0, 0}, {0, 0}};
  action.sa_handler = on_alarm;
  sigaction(SIGALRM, &action, NULL);
  setitimer(ITIMER_REAL, &often, NULL);
  for (long i = 1; count < kBlocks; i++) {
    const int file = open("/dev/null", O_RDONLY);
    profiler_custom_add(things, (void *)(i % 1000 + 1), 0);
    profiler_label_set("turn", i % 2 == 0 ? "even" : "odd");
    close(file);
  }
  setitimer(ITIMER_REAL, &never, NULL);
  printf("%d blocks\n", count);
  return 0;
}
