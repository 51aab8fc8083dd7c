// Which thread makes which wait: first five threads behind one holder; then one thread that wants a
// mutex again and again, which a slow holder (50 ms) and a fast one (5 ms) have in turns. The
// holders go on when the kernel says that the others wait. Prints how long each holder was waited
// for until just before its unlock and until just after. For the slow and the fast holder
// it also prints the whole wait, as the waiting thread measures it.
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include "asleep.h"

struct Holder {
  const char* name;
  long long least_ns, most_ns, waited_ns;
};
static struct Holder five = {"five_wait", 0, 0, 0};
static struct Holder fast = {"fast_holder", 0, 0, 0}, slow = {"slow_holder", 0, 0, 0};

static pthread_mutex_t one = PTHREAD_MUTEX_INITIALIZER, two = PTHREAD_MUTEX_INITIALIZER;
static atomic_long waiters[5];
static long long began_ns[5];

static long long now_ns(void) {
  struct timespec t;
  clock_gettime(CLOCK_MONOTONIC, &t);
  return t.tv_sec * 1000000000ll + t.tv_nsec;
}

static void sleep_ms(long ms) {
  struct timespec t = {ms / 1000, ms % 1000 * 1000000};
  nanosleep(&t, NULL);
}

static void wait_for_sleep(atomic_long* waiter) {
  while (*waiter == 0 || !is_asleep(*waiter)) sleep_ms(1);
}

static void answer(struct Holder* me, long long start_ns, long long before_ns, long long after_ns) {
  me->least_ns += before_ns - start_ns;
  me->most_ns += after_ns - start_ns;
}

static void* waiter(void* which) {
  const long i = (long)which;
  waiters[i] = syscall(SYS_gettid);
  began_ns[i] = now_ns();
  pthread_mutex_lock(&one);
  pthread_mutex_unlock(&one);
  return NULL;
}

__attribute__((noinline)) void five_wait(void) {
  pthread_t threads[5];
  pthread_mutex_lock(&one);
  for (long i = 0; i < 5; i++) pthread_create(&threads[i], NULL, waiter, (void*)i);
  for (int i = 0; i < 5; i++) wait_for_sleep(&waiters[i]);
  sleep_ms(200);
  const long long before_ns = now_ns();
  pthread_mutex_unlock(&one);
  const long long after_ns = now_ns();
  for (int i = 0; i < 5; i++) {
    pthread_join(threads[i], NULL);
    answer(&five, began_ns[i], before_ns, after_ns);
  }
}

// Which thread has `two` now, and which waits for it since when.
static struct Holder* _Atomic holder;
static atomic_long wanting;
static long long wanted_ns;

__attribute__((noinline)) void hold(struct Holder* me, long ms) {
  pthread_mutex_lock(&two);
  holder = me;
  wait_for_sleep(&wanting);
  sleep_ms(ms);
}
__attribute__((noinline)) void slow_holder(void) {
  hold(&slow, 50);
  const long long before_ns = now_ns();
  pthread_mutex_unlock(&two);
  answer(&slow, wanted_ns, before_ns, now_ns());
}
__attribute__((noinline)) void fast_holder(void) {
  hold(&fast, 5);
  const long long before_ns = now_ns();
  pthread_mutex_unlock(&two);
  answer(&fast, wanted_ns, before_ns, now_ns());
}

static void* wants(void* unused) {
  for (int i = 0; i < 20; i++) {
    while (holder == NULL) sleep_ms(0);
    struct Holder* const now = holder;
    wanting = syscall(SYS_gettid);
    wanted_ns = now_ns();
    pthread_mutex_lock(&two);
    now->waited_ns += now_ns() - wanted_ns;
    wanting = 0;
    holder = NULL;
    pthread_mutex_unlock(&two);
  }
  return unused;
}

int main(void) {
  five_wait();
  pthread_t thread;
  pthread_create(&thread, NULL, wants, NULL);
  for (int i = 0; i < 10; i++) {
    slow_holder();
    while (holder != NULL) sleep_ms(0);
    fast_holder();
    while (holder != NULL) sleep_ms(0);
  }
  pthread_join(thread, NULL);
  struct Holder* const all[] = {&five, &fast, &slow};
  for (int i = 0; i < 3; i++) {
    printf("held %s %lld %lld\n", all[i]->name, all[i]->least_ns, all[i]->most_ns);
  }
  for (int i = 1; i < 3; i++) printf("wait %s %lld\n", all[i]->name, all[i]->waited_ns);
  return 0;
}
