// A read that waits for about a second, in which a handler sleeps twice, 300 ms each. Prints the
// nanoseconds of the read.
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <time.h>
#include <unistd.h>

static int ends[2];

static void rest(long ms) {
  const struct timespec time = {0, ms * 1000000};
  nanosleep(&time, NULL);
}

static void sleeps(int number) {
  (void)number;
  rest(300);
}

static void* disturbs(void* whom) {
  rest(200);
  for (int i = 0; i < 2; i++) {
    pthread_kill(*(pthread_t*)whom, SIGUSR1);
    rest(400);
  }
  return write(ends[1], "x", 1) == 1 ? NULL : whom;
}

static long long now(void) {
  struct timespec t;
  clock_gettime(CLOCK_MONOTONIC, &t);
  return t.tv_sec * 1000000000LL + t.tv_nsec;
}

int main(void) {
  struct sigaction action = {0};
  action.sa_handler = sleeps;
  action.sa_flags = SA_RESTART;
  sigaction(SIGUSR1, &action, NULL);
  if (pipe(ends) != 0) return 1;
  pthread_t self = pthread_self(), thread;
  pthread_create(&thread, NULL, disturbs, &self);
  char byte;
  const long long begin = now();
  if (read(ends[0], &byte, 1) != 1) return 2;
  printf("%lld\n", now() - begin);
  pthread_join(thread, NULL);
  return 0;
}
