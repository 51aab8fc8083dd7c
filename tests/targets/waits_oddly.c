// Threads whose waits are interrupted, left or inspected all the time; each says how long it lived.
// usage: waits_oddly handler | jump | dumps FILE | ends | execs
#define _GNU_SOURCE
#include <pthread.h>
#include <setjmp.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/time.h>
#include <time.h>
#include <unistd.h>

#include "include/profiler.h"

static volatile int after, over;
static int ends[2];

static double now_s(void) {
  struct timespec t;
  clock_gettime(CLOCK_MONOTONIC, &t);
  return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}
static void rest_ms(int ms) {
  const struct timespec t = {ms / 1000, ms % 1000 * 1000000L};
  nanosleep(&t, NULL);
  after++;
}
static void lived(const char* name, double since_s) {
  printf("%s %.3f\n", name, now_s() - since_s);
  fflush(stdout);
}
static void start(pthread_t* t, void* (*routine)(void*)) { pthread_create(t, NULL, routine, NULL); }

// A thread that wakes up all the time.
static void* beats(void* none) {
  sigset_t all;
  sigfillset(&all);
  pthread_sigmask(SIG_BLOCK, &all, NULL);
  pthread_setname_np(pthread_self(), "beats");
  while (!over) rest_ms(7);
  return none;
}

// A read that goes on over handlers that wait themselves.
static void nap_in_handler(int number) {
  (void)number;
  rest_ms(40);
}
static void* reads(void* none) {
  const double since_s = now_s();
  char c;
  pthread_setname_np(pthread_self(), "reads");
  if (read(ends[0], &c, 1) == 1) after++;
  lived("reads", since_s);
  return none;
}
static void interrupt_reader(void) {
  const struct sigaction action = {.sa_handler = nap_in_handler, .sa_flags = SA_RESTART};
  pthread_t t;
  sigaction(SIGUSR1, &action, NULL);
  start(&t, reads);
  for (int i = 0; i < 17; i++) {
    rest_ms(170);
    pthread_kill(t, SIGUSR1);
  }
  rest_ms(300);
  if (write(ends[1], "x", 1) != 1) after++;
  pthread_join(t, NULL);
}

// Reads that are left by a jump.
static sigjmp_buf out;
static void leave(int number) {
  (void)number;
  siglongjmp(out, 1);
}
static void jump_out(void) {
  const struct itimerval every = {{0, 700000}, {0, 700000}};
  const double since_s = now_s();
  volatile int left = 0;
  char c;
  pthread_setname_np(pthread_self(), "jumps");
  signal(SIGALRM, leave);
  setitimer(ITIMER_REAL, &every, NULL);
  if (sigsetjmp(out, 1) != 0) left++;
  if (left < 4 && read(ends[0], &c, 1) == 1) after++;
  lived("jumps", since_s);
}

// Waits that are a little shorter than what is recorded whole, and dumps at any moment.
static void* naps(void* none) {
  const double since_s = now_s();
  pthread_setname_np(pthread_self(), "naps");
  while (!over) rest_ms(9);
  lived("naps", since_s);
  return none;
}
static void dump_often(const char* path) {
  pthread_t t;
  start(&t, naps);
  for (const double end_s = now_s() + 3; now_s() < end_s; rest_ms(20)) {
    profiler_dump("wall", path);
    unlink(path);
  }
  over = 1;
  pthread_join(t, NULL);
}

// Threads one after another, each with a destructor that outlives what is known of it.
static pthread_key_t key;
static void linger(void* value) {
  (void)value;
  rest_ms(400);
}
static void* dies(void* none) {
  const double since_s = now_s();
  pthread_setname_np(pthread_self(), "dies");
  pthread_setspecific(key, &key);
  rest_ms(600);
  lived("dies", since_s);
  return none;
}
static void end_one_by_one(void) {
  pthread_key_create(&key, linger);
  for (int i = 0; i < 3; i++) {
    pthread_t t;
    start(&t, dies);
    pthread_join(t, NULL);
  }
}

// Execs that fail, amid a recording.
static void fail_to_execute(void) {
  puts("done");
  fflush(stdout);
  for (;;) {
    rest_ms(300);
    execl("/nowhere/to/be/found", "x", (char*)NULL);
  }
}

int main(int argc, char** argv) {
  const char* how = argc > 1 ? argv[1] : "";
  pthread_t t;
  if (pipe(ends) != 0) return 1;
  start(&t, beats);
  if (strcmp(how, "handler") == 0) interrupt_reader();
  if (strcmp(how, "jump") == 0) jump_out();
  if (strcmp(how, "dumps") == 0) dump_often(argv[2]);
  if (strcmp(how, "ends") == 0) end_one_by_one();
  if (strcmp(how, "execs") == 0) fail_to_execute();
  over = 1;
  pthread_join(t, NULL);
  return 0;
}
