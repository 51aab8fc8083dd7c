// Threads that burn, allocate and wait for each other until another process ends this one. A file
// that outlives the process holds what each thread has done: `until_killed FILE THREADS`.
#define _GNU_SOURCE
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <time.h>
#include <unistd.h>

#include "burn.h"

struct Done {
  _Atomic int64_t cpu_ns, objects, kept, started;
  // Waits for the lock that others had: all, those that were long for certain, and their time.
  _Atomic int64_t waits, long_waits, waited_ns;
  // The CPU time at the last of the kernel's ticks that met the thread: the kernel checks timers of
  // CPU time only there.
  _Atomic int64_t ticked_ns;
};
static struct Done* done;
static _Thread_local struct Done* own;
void* volatile sink;

__attribute__((noinline)) void* site_until_killed(void) {
  return malloc(1009);
}

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
__attribute__((noinline)) void lock_until_killed(struct Done* mine) {
  if (pthread_mutex_trylock(&lock) != 0) {
    const int64_t start = clock_ns(CLOCK_MONOTONIC);
    pthread_mutex_lock(&lock);
    const int64_t waited = clock_ns(CLOCK_MONOTONIC) - start;
    atomic_fetch_add(&mine->waits, 1);
    atomic_fetch_add(&mine->waited_ns, waited);
    if (waited > 100000) atomic_fetch_add(&mine->long_waits, 1);
  }
}

static void at_tick(int number) {
  (void)number;
  atomic_store(&own->ticked_ns, thread_cpu_ns());
}

static void ask_for_ticks(void) {
  struct sigevent event = {.sigev_notify = SIGEV_THREAD_ID, .sigev_signo = SIGUSR1};
  const struct itimerspec often = {{0, 1000}, {0, 1000}};
  timer_t timer;
  event._sigev_un._tid = gettid();
  if (timer_create(CLOCK_THREAD_CPUTIME_ID, &event, &timer) != 0) abort();
  timer_settime(timer, 0, &often, NULL);
}

static void* work(void* argument) {
  struct Done* mine = own = &done[(intptr_t)argument];
  ask_for_ticks();
  void* before = 0;
  atomic_store(&mine->started, 1);
  for (int turn = 0;; turn++) {
    if (turn % 50 == 0) lock_until_killed(mine);
    if (turn % 50 == 25) pthread_mutex_unlock(&lock);
    burn_iterations(20000);
    void* block = site_until_killed();
    sink = block;
    atomic_fetch_add(&mine->objects, 1);
    if (atomic_load(&mine->objects) % 8 == 0) {
      atomic_fetch_add(&mine->kept, 1);
    } else {
      free(before);
      before = block;
    }
    atomic_store(&mine->cpu_ns, thread_cpu_ns());
  }
  return 0;
}

int main(int argc, char** argv) {
  if (argc < 3) return 1;
  const int fd = open(argv[1], O_RDWR | O_CREAT, 0600);
  if (fd < 0 || ftruncate(fd, 4096) != 0) return 1;
  done = mmap(0, 4096, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
  close(fd);
  signal(SIGUSR1, at_tick);
  pthread_t others[16];
  for (intptr_t i = 1; i < atoi(argv[2]); i++) pthread_create(&others[i], 0, work, (void*)i);
  work(0);
}
