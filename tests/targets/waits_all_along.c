// Threads that wait each in its own way, from long before any request, until a file is there
// (argv[1]). argv[2] "idle": nothing runs but a look for it after an hour; "seldom": after 0.7 s.
#define _GNU_SOURCE
#include <poll.h>
#include <pthread.h>
#include <sched.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#define PLACE __attribute__((noinline)) static void
static pthread_mutex_t held = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t never = PTHREAD_COND_INITIALIZER;
static pthread_mutex_t beside = PTHREAD_MUTEX_INITIALIZER;
static int ends[2];
static volatile int after;

static void rest_ms(int ms) {
  const struct timespec t = {ms / 1000, ms % 1000 * 1000000L};
  nanosleep(&t, NULL);
  after++;
}
static int64_t cpu_ns(void) {
  struct timespec t;
  clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t);
  return t.tv_sec * 1000000000ll + t.tv_nsec;
}

PLACE sleeps_long(void) { rest_ms(3600000); }
PLACE polls_for_ever(void) { poll(NULL, 0, -1); after++; }
PLACE waits_for_lock(void) { pthread_mutex_lock(&held); after++; }
PLACE waits_for_condition(void) {
  pthread_mutex_lock(&beside);
  for (;;) pthread_cond_wait(&never, &beside);
}
// A wait that ends in the middle of any period that is profiled, and another.
PLACE naps_second(void) { rest_ms(1000); }
PLACE naps_first(void) { rest_ms(1500); }
PLACE takes_naps(void) {
  for (;;) {
    naps_first();
    naps_second();
  }
}
PLACE naps_shortly(void) {
  for (;;) rest_ms(2);
}
PLACE spins(void) {
  for (;;) after++;
}
PLACE works_third(void) {
  for (;;) {
    const int64_t end = cpu_ns() + 5000000;
    while (cpu_ns() < end) after++;
    rest_ms(10);
  }
}
PLACE reads_bytes(void) {
  char c;
  while (read(ends[0], &c, 1) == 1) after++;
}
PLACE writes_bytes(void) {
  for (;;) {
    rest_ms(30);
    if (write(ends[1], "x", 1) != 1) return;
  }
}

// A raw thread: no library knows of it.
static long raw_call(long number, long a, long b) {
  long result;
  __asm__ volatile("syscall" : "=a"(result) : "a"(number), "D"(a), "S"(b) : "rcx", "r11", "memory");
  return result;
}
static int raw_main(void* none) {
  (void)none;
  struct timespec hour = {3600, 0};
  raw_call(SYS_prctl, PR_SET_NAME, (long)"raw");
  while (raw_call(SYS_nanosleep, (long)&hour, 0) <= 0) after++;
  return 0;
}
static void make_raw_thread(void) {
  char* stack = mmap(NULL, 65536, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  clone(raw_main, stack + 65536,
        CLONE_VM | CLONE_FS | CLONE_FILES | CLONE_SIGHAND | CLONE_THREAD | CLONE_SYSVSEM, NULL);
}

static const struct {
  const char* name;
  void (*place)(void);
  int is_idle;
} places[] = {{"sleeps", sleeps_long, 1},   {"polls", polls_for_ever, 1}, {"locks", waits_for_lock, 1},
              {"conds", waits_for_condition, 1}, {"naps", takes_naps, 0},  {"shortly", naps_shortly, 0},
              {"spins", spins, 0},          {"works", works_third, 0},    {"reads", reads_bytes, 0},
              {"writes", writes_bytes, 0}};

static void* thread_main(void* at) {
  pthread_setname_np(pthread_self(), places[(intptr_t)at].name);
  places[(intptr_t)at].place();
  return NULL;
}

int main(int argc, char** argv) {
  const int is_idle = argc > 2, seldom = is_idle && strcmp(argv[2], "seldom") == 0;
  pthread_t thread;
  if (pipe(ends) != 0) return 1;
  pthread_mutex_lock(&held);
  for (intptr_t i = 0; i < (intptr_t)(sizeof places / sizeof *places); i++) {
    if (places[i].is_idle || !is_idle) pthread_create(&thread, NULL, thread_main, (void*)i);
  }
  make_raw_thread();
  rest_ms(200);
  puts("done");
  fflush(stdout);
  while (argc > 1 && access(argv[1], F_OK) != 0) rest_ms(seldom ? 700 : is_idle ? 3600000 : 100);
  return 0;
}
