// Threads that end in a wait of 150 ms: cancelled, by pthread_exit in a handler, and cancelled with a
// cleanup that waits itself; each has a name. Prints how long each wait was, at least and at most.
#define _GNU_SOURCE
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <time.h>
#include <unistd.h>

#include "burn.h"

static int ends[2];
static volatile int after;
static struct Wait {
  int64_t start, ended;  // ended: at the latest
} in_reads, in_sleeps, in_cleans, in_cleanup;

static int64_t now_ns(void) { return clock_ns(CLOCK_MONOTONIC); }

static void nap(long ms) {
  struct timespec t = {0, ms * 1000000};
  nanosleep(&t, NULL);
  after++;
}
static void cleanup(void* unused) {
  (void)unused;
  in_cleans.ended = in_cleanup.start = now_ns();
  nap(50);
  in_cleanup.ended = now_ns();
}
static void leave(int number) {
  (void)number;
  pthread_exit(NULL);
}

static void* reads(void* unused) {
  char c;
  pthread_setname_np(pthread_self(), "reads");
  in_reads.start = now_ns();
  if (read(ends[0], &c, 1) == 1) after++;
  return unused;
}
static void* sleeps(void* unused) {
  pthread_setname_np(pthread_self(), "sleeps");
  in_sleeps.start = now_ns();
  sleep(10);
  after++;
  return unused;
}
static void* cleans(void* unused) {
  char c;
  pthread_setname_np(pthread_self(), "cleans");
  in_cleans.start = now_ns();
  pthread_cleanup_push(cleanup, NULL);
  if (read(ends[0], &c, 1) == 1) after++;
  pthread_cleanup_pop(0);
  return unused;
}

// `sent`: when the end of the wait was asked for, 0: it is known.
static void tell(const char* state, const char* function, const char* thread, struct Wait wait, int64_t sent) {
  const int64_t least = (sent != 0 ? sent : wait.ended) - wait.start;
  printf("%s %s %s %lld %lld\n", state, function, thread, (long long)least, (long long)(wait.ended - wait.start));
}

int main(void) {
  pthread_t a, b, c;
  if (pipe(ends) != 0) return 1;
  signal(SIGUSR1, leave);
  pthread_create(&a, NULL, reads, NULL);
  pthread_create(&b, NULL, sleeps, NULL);
  pthread_create(&c, NULL, cleans, NULL);
  nap(150);
  const int64_t sent = now_ns();
  pthread_cancel(a);
  pthread_kill(b, SIGUSR1);
  pthread_cancel(c);
  pthread_join(a, NULL);
  in_reads.ended = now_ns();
  pthread_join(b, NULL);
  in_sleeps.ended = now_ns();
  pthread_join(c, NULL);
  tell("io", "reads", "reads", in_reads, sent);
  tell("sleep", "sleeps", "sleeps", in_sleeps, sent);
  tell("io", "cleans", "cleans", in_cleans, sent);
  tell("sleep", "cleanup", "cleans", in_cleanup, 0);
  return 0;
}
