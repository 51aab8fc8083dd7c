// Threads that are each at a place of their own when the program ends.
// usage: roll_call [IDLE_THREADS [exec | FILE]]: so many more that wait for a semaphore; exec: ends
// by an exec that fails, then one that does not; FILE: once that is there (or after 300 s).
#define _GNU_SOURCE
#include <poll.h>
#include <pthread.h>
#include <sched.h>
#include <semaphore.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <threads.h>
#include <unistd.h>

#include "asleep.h"

static sem_t never;
static mtx_t held;
static atomic_int arrived;
static atomic_long sleepers[16];
static atomic_int sleepers_count;
static volatile int after;

#define PLACE __attribute__((noinline))
PLACE void spins(void) { for (;;) __asm__ volatile(""); }
PLACE void polls(void) { poll(0, 0, -1); after++; }
// Its frame has a size that only the frame pointer knows.
PLACE void reads(int size) {
  char* room = __builtin_alloca(size);
  int ends[2];
  if (pipe(ends) == 0 && read(ends[0], room, 1) == 1) after++;
}
PLACE void reads_in_a_frame(void) { reads(1000); after++; }
PLACE void sleeps(void) { sleep(1000); after++; }
PLACE void waits(void) { sem_wait(&never); after++; }
PLACE void locks(void) { mtx_lock(&held); after++; }
PLACE void spins_masked(void) {
  uint64_t all = ~0ull;
  syscall(SYS_rt_sigprocmask, SIG_SETMASK, &all, NULL, 8);
  spins();
}
// With the kernel's own futex call: no interposer sees it.
PLACE void in_kernel(void) {
  static int word;
  long result;
  register long r10 __asm__("r10") = 0;
  __asm__ volatile("syscall" : "=a"(result) : "a"(SYS_futex), "D"(&word), "S"(0), "d"(0), "r"(r10)
                   : "rcx", "r11", "memory");
  after++;
}

static void go(const char* name, void (*place)(void)) {
  pthread_setname_np(pthread_self(), name);
  if (place != spins && place != spins_masked) sleepers[sleepers_count++] = gettid();
  arrived++;
  place();
  after++;
}
static struct { const char* name; void (*place)(void); } places[] = {
    {"spins", spins}, {"polls", polls}, {"reads", reads_in_a_frame}, {"sleeps", sleeps},
    {"waits", waits}, {"in-kernel", in_kernel}, {"masked", spins_masked}};
enum { kPlaces = sizeof places / sizeof *places };

static void* thread_main(void* at) { go(places[(intptr_t)at].name, places[(intptr_t)at].place); return NULL; }
static void* idle_main(void* none) { arrived++; waits(); return none; }
static int c11_locks(void* none) { (void)none; go("locks", locks); return 0; }
static int raw_main(void* none) {
  (void)none;
  arrived++;
  while (arrived > 0) {
    struct timespec second = {1, 0};
    long result;
    __asm__ volatile("syscall" : "=a"(result) : "a"(SYS_nanosleep), "D"(&second), "S"(0) : "rcx", "r11", "memory");
  }
  return 0;
}

static void make_raw_thread(void) {
  char* stack = mmap(NULL, 65536, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  clone(raw_main, stack + 65536,
        CLONE_VM | CLONE_FS | CLONE_FILES | CLONE_SIGHAND | CLONE_THREAD | CLONE_SYSVSEM, NULL);
}

PLACE void make_threads(int idle) {
  pthread_attr_t small;
  pthread_t thread;
  thrd_t c11;
  pthread_attr_init(&small);
  pthread_attr_setstacksize(&small, 65536);
  for (intptr_t i = 0; i < kPlaces; i++) pthread_create(&thread, &small, thread_main, (void*)i);
  for (int i = 0; i < idle; i++) pthread_create(&thread, &small, idle_main, NULL);
  thrd_create(&c11, c11_locks, NULL);
  make_raw_thread();
  // Not to be had: more than the address space.
  pthread_attr_setstacksize(&small, (size_t)1 << 46);
  if (pthread_create(&thread, &small, idle_main, NULL) == 0) abort();
}

int main(int argc, char** argv) {
  const int idle = argc > 1 ? atoi(argv[1]) : 0;
  sem_init(&never, 0, 0);
  mtx_init(&held, mtx_plain);
  mtx_lock(&held);
  make_threads(idle);
  while (arrived < kPlaces + idle + 2) usleep(1000);
  for (int i = 0; i < sleepers_count; i++) {
    while (!is_asleep(sleepers[i])) usleep(1000);
  }
  usleep(100000);
  puts("done");
  fflush(stdout);
  const int executes = argc > 2 && strcmp(argv[2], "exec") == 0;
  for (int ms = 0; argc > 2 && !executes && ms < 300000 && access(argv[2], F_OK) != 0; ms += 10) {
    usleep(10000);
  }
  if (executes) {
    execl("/nowhere/to/be/found", "x", NULL);
    execl("/bin/true", "true", NULL);
  }
  return 0;
}
