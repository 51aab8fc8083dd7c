// Threads that end in a wait of 150 ms: cancelled, by pthread_exit in a handler, and cancelled with a
// cleanup that waits itself; each has a name.
#define _GNU_SOURCE
#include <pthread.h>
#include <signal.h>
#include <time.h>
#include <unistd.h>

static int ends[2];
static volatile int after;

static void nap(long ms) {
  struct timespec t = {0, ms * 1000000};
  nanosleep(&t, NULL);
  after++;
}
static void cleanup(void* unused) {
  (void)unused;
  nap(50);
}
static void leave(int number) {
  (void)number;
  pthread_exit(NULL);
}

static void* reads(void* unused) {
  char c;
  pthread_setname_np(pthread_self(), "reads");
  if (read(ends[0], &c, 1) == 1) after++;
  return unused;
}
static void* sleeps(void* unused) {
  pthread_setname_np(pthread_self(), "sleeps");
  sleep(10);
  after++;
  return unused;
}
static void* cleans(void* unused) {
  char c;
  pthread_setname_np(pthread_self(), "cleans");
  pthread_cleanup_push(cleanup, NULL);
  if (read(ends[0], &c, 1) == 1) after++;
  pthread_cleanup_pop(0);
  return unused;
}

int main(void) {
  pthread_t a, b, c;
  if (pipe(ends) != 0) return 1;
  signal(SIGUSR1, leave);
  pthread_create(&a, NULL, reads, NULL);
  pthread_create(&b, NULL, sleeps, NULL);
  pthread_create(&c, NULL, cleans, NULL);
  nap(150);
  pthread_cancel(a);
  pthread_kill(b, SIGUSR1);
  pthread_cancel(c);
  pthread_join(a, NULL);
  pthread_join(b, NULL);
  pthread_join(c, NULL);
  return 0;
}
