/* A timer's handler jumps out of the profiler's own work, some hundred times; what is done then is
 * to be counted. usage: target_leaves_by_jump custom|labels|open */
#include <fcntl.h>
#include <pthread.h>
#include <setjmp.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/time.h>
#include <unistd.h>

#include "include/profiler.h"

enum { kJumps = 600, kKeys = 1000, kFirst = 1000000 };
static sigjmp_buf place;
static volatile sig_atomic_t armed;
static volatile int jumps;
static void *things;

static void on_alarm(int number) {
  (void)number;
  if (!armed) return;
  armed = 0;
  jumps++;
  siglongjmp(place, 1);
}

static void work(const char *way) {
  if (strcmp(way, "custom") == 0) {
    for (long i = 1; i < 1000; i++) profiler_custom_add(things, (void *)i, 0);
  } else if (strcmp(way, "labels") == 0) {
    profiler_label_set("request", jumps % 2 == 0 ? "even" : "odd");
  } else {
    const int file = open("/dev/null", O_RDONLY);
    close(file);
  }
}

__attribute__((noinline)) static void site_added(void) {
  for (long i = kFirst; i < kFirst + kKeys; i++) profiler_custom_add(things, (void *)i, 0);
}

__attribute__((noinline)) static int site_opened(void) { return open("/dev/null", O_RDONLY); }

static void *in_thread(void *opened) {
  site_added();
  for (int i = 0; i < 5; i++) *(int *)opened += site_opened() >= 0;
  return NULL;
}

int main(int argc, char **argv) {
  const char *way = argc > 1 ? argv[1] : "custom";
  int opened = 0, error;
  pthread_t thread;
  struct sigaction action = {0};
  struct itimerval often = {{0, 150}, {0, 150}}, never = {{0, 0}, {0, 0}};
  things = profiler_custom("things");
  action.sa_handler = on_alarm;
  sigaction(SIGALRM, &action, NULL);
  setitimer(ITIMER_REAL, &often, NULL);
  while (jumps < kJumps) {
    if (sigsetjmp(place, 1) == 0) {
      armed = 1;
      for (;;) work(way);
    }
    // What a jump left open.
    for (int i = 3; i < 64; i++) close(i);
  }
  setitimer(ITIMER_REAL, &never, NULL);
  signal(SIGALRM, SIG_IGN);
  error = profiler_label_set("request", "last");
  pthread_create(&thread, NULL, in_thread, &opened);
  pthread_join(thread, NULL);
  printf("opened %d, labels %s\n", opened, error == 0 ? "set" : strerror(error));
  return 0;
}
