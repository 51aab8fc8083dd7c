// Who makes whom wait: first five threads behind one holder of 200 ms; then one thread that wants a
// mutex again and again, which a slow holder (50 ms) and a fast one (5 ms) have in turns.
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <time.h>

static pthread_mutex_t one = PTHREAD_MUTEX_INITIALIZER, two = PTHREAD_MUTEX_INITIALIZER;
static atomic_int held, waiting, is_slow;
static long long waited[2];  // for the fast one and for the slow one, as who waits measures it

static long long now_ns(void) {
  struct timespec t;
  clock_gettime(CLOCK_MONOTONIC, &t);
  return t.tv_sec * 1000000000ll + t.tv_nsec;
}

static void sleep_ms(long ms) {
  struct timespec t = {ms / 1000, ms % 1000 * 1000000};
  nanosleep(&t, NULL);
}

static void* waiter(void* unused) {
  atomic_fetch_add(&waiting, 1);
  pthread_mutex_lock(&one);
  pthread_mutex_unlock(&one);
  return unused;
}

__attribute__((noinline)) void five_wait(void) {
  pthread_t threads[5];
  pthread_mutex_lock(&one);
  for (int i = 0; i < 5; i++) pthread_create(&threads[i], NULL, waiter, NULL);
  while (waiting < 5) sleep_ms(1);
  sleep_ms(200);
  pthread_mutex_unlock(&one);
  for (int i = 0; i < 5; i++) pthread_join(threads[i], NULL);
}

__attribute__((noinline)) void hold(long ms) {
  pthread_mutex_lock(&two);
  is_slow = ms > 10;
  held = 1;
  sleep_ms(ms);
}
__attribute__((noinline)) void slow_holder(void) {
  hold(50);
  pthread_mutex_unlock(&two);
}
__attribute__((noinline)) void fast_holder(void) {
  hold(5);
  pthread_mutex_unlock(&two);
}

static void* wants(void* unused) {
  for (int i = 0; i < 20; i++) {
    while (!held) sleep_ms(0);
    const int slow = is_slow;
    const long long start = now_ns();
    pthread_mutex_lock(&two);
    waited[slow] += now_ns() - start;
    held = 0;
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
    while (held) sleep_ms(0);
    fast_holder();
    while (held) sleep_ms(0);
  }
  pthread_join(thread, NULL);
  printf("wait fast_holder %lld\nwait slow_holder %lld\n", waited[0], waited[1]);
  return 0;
}
