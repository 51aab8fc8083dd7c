// Ten waits of 20 ms at each kind of call, each kind in a function of its own, measured by itself:
// the whole, and what had gone by when the other thread began to release, and when it had.
// What one thread does for another is arranged with flags and sleeps, which are no such waits.
#include <linux/futex.h>
#include <pthread.h>
#include <semaphore.h>
#include <sys/syscall.h>
#include <threads.h>
#include <time.h>
#include <unistd.h>

#include <atomic>
#include <cstdint>
#include <cstdio>

#define SITE extern "C" __attribute__((noinline, noclone))

namespace {

int64_t now_ns() {
  timespec t;
  clock_gettime(CLOCK_MONOTONIC, &t);
  return t.tv_sec * 1000000000ll + t.tv_nsec;
}

void sleep_ms(long ms) {
  timespec t{ms / 1000, ms % 1000 * 1000000};
  nanosleep(&t, nullptr);
}

timespec in_a_second(clockid_t clock) {
  timespec t;
  clock_gettime(clock, &t);
  t.tv_sec++;
  return t;
}

pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;
pthread_mutex_t for_condition = PTHREAD_MUTEX_INITIALIZER;
pthread_rwlock_t rwlock = PTHREAD_RWLOCK_INITIALIZER;
pthread_spinlock_t spin;
pthread_cond_t condition = PTHREAD_COND_INITIALIZER;
pthread_barrier_t barrier;
pthread_once_t once = PTHREAD_ONCE_INIT;
sem_t sem;
uint32_t word;
pthread_t sleeper;
mtx_t c11_mutex;
cnd_t c11_condition;
thrd_t c11_sleeper;

// What the other thread does; `ready` tells that it holds what is waited for.
std::atomic<int> turn, ready, entered, finished;
std::atomic<void (*)()> hold, release;
int64_t releasing_ns, released_ns;  // read when `finished` says so

void* other(void*) {
  for (int done = 0; done >= 0;) {
    const int now = turn.load();
    if (now < 0) break;
    if (now == done) {
      sleep_ms(1);
      continue;
    }
    done = now;
    hold.load()();
    ready = done;
    while (entered != done) usleep(200);
    sleep_ms(20);
    releasing_ns = now_ns();
    release.load()();
    released_ns = now_ns();
    finished = done;
  }
  return nullptr;
}

}  // namespace

extern "C" {
__attribute__((noinline)) void release_mutex() { pthread_mutex_unlock(&mutex); }
__attribute__((noinline)) void release_read() { pthread_rwlock_unlock(&rwlock); }
__attribute__((noinline)) void release_write() { pthread_rwlock_unlock(&rwlock); }
__attribute__((noinline)) void release_c11() { mtx_unlock(&c11_mutex); }
__attribute__((noinline)) void release_spin() { pthread_spin_unlock(&spin); }
}

SITE void site_mutex() { pthread_mutex_lock(&mutex); }
SITE void site_timedlock() {
  const timespec t = in_a_second(CLOCK_REALTIME);
  pthread_mutex_timedlock(&mutex, &t);
}
SITE void site_clocklock() {
  const timespec t = in_a_second(CLOCK_MONOTONIC);
  pthread_mutex_clocklock(&mutex, CLOCK_MONOTONIC, &t);
}
SITE void site_read() { pthread_rwlock_rdlock(&rwlock); }
SITE void site_timed_read() {
  const timespec t = in_a_second(CLOCK_REALTIME);
  pthread_rwlock_timedrdlock(&rwlock, &t);
}
SITE void site_clock_read() {
  const timespec t = in_a_second(CLOCK_MONOTONIC);
  pthread_rwlock_clockrdlock(&rwlock, CLOCK_MONOTONIC, &t);
}
SITE void site_clock_write() {
  const timespec t = in_a_second(CLOCK_MONOTONIC);
  pthread_rwlock_clockwrlock(&rwlock, CLOCK_MONOTONIC, &t);
}
SITE void site_write() { pthread_rwlock_wrlock(&rwlock); }
SITE void site_timed_write() {
  const timespec t = in_a_second(CLOCK_REALTIME);
  pthread_rwlock_timedwrlock(&rwlock, &t);
}
SITE void site_spin() { pthread_spin_lock(&spin); }
SITE void site_condition() { pthread_cond_wait(&condition, &for_condition); }
SITE void site_timed_condition() {
  const timespec t = in_a_second(CLOCK_REALTIME);
  pthread_cond_timedwait(&condition, &for_condition, &t);
}
SITE void site_clock_condition() {
  const timespec t = in_a_second(CLOCK_MONOTONIC);
  pthread_cond_clockwait(&condition, &for_condition, CLOCK_MONOTONIC, &t);
}
SITE void site_c11_mutex() { mtx_lock(&c11_mutex); }
SITE void site_c11_condition() { cnd_wait(&c11_condition, &c11_mutex); }
SITE void site_c11_join() { thrd_join(c11_sleeper, nullptr); }
SITE void site_clock_sem() {
  const timespec t = in_a_second(CLOCK_MONOTONIC);
  sem_clockwait(&sem, CLOCK_MONOTONIC, &t);
}
SITE void site_timed_join() {
  const timespec t = in_a_second(CLOCK_REALTIME);
  pthread_timedjoin_np(sleeper, nullptr, &t);
}
SITE void site_clock_join() {
  const timespec t = in_a_second(CLOCK_MONOTONIC);
  pthread_clockjoin_np(sleeper, nullptr, CLOCK_MONOTONIC, &t);
}
SITE void site_sem() { sem_wait(&sem); }
SITE void site_timed_sem() {
  const timespec t = in_a_second(CLOCK_REALTIME);
  sem_timedwait(&sem, &t);
}
SITE void site_join() { pthread_join(sleeper, nullptr); }
SITE void site_barrier() { pthread_barrier_wait(&barrier); }
SITE void site_once() {
  pthread_once(&once, [] {});
}
SITE void site_futex() { syscall(SYS_futex, &word, FUTEX_WAIT, 0, nullptr, nullptr, 0); }

namespace {

void nothing() {}

// Ten times: `holds` by the other thread, `site` here, `releases` by the other 20 ms later.
void ten(const char* name, void (*holds)(), void (*site)(), void (*releases)(), void (*after)()) {
  hold = holds, release = releases;
  int64_t total = 0, least = 0, most = 0;
  for (int i = 0; i < 10; i++) {
    const int wanted = ++turn;
    while (ready != wanted) usleep(200);
    entered = wanted;
    const int64_t start = now_ns();
    site();
    total += now_ns() - start;
    after();
    while (finished != wanted) usleep(200);
    least += releasing_ns - start;
    most += released_ns - start;
  }
  printf("wait %s %lld\n", name, static_cast<long long>(total));
  printf("held %s %lld %lld\n", name, static_cast<long long>(least), static_cast<long long>(most));
}

void unlock_mutex() { pthread_mutex_unlock(&mutex); }
void unlock_condition() { pthread_mutex_unlock(&for_condition); }
void unlock_rwlock() { pthread_rwlock_unlock(&rwlock); }
void hold_mutex() { pthread_mutex_lock(&mutex); }
void hold_write() { pthread_rwlock_wrlock(&rwlock); }
void hold_read() { pthread_rwlock_rdlock(&rwlock); }
void hold_spin() { pthread_spin_lock(&spin); }
void unlock_spin() { pthread_spin_unlock(&spin); }
void wait_condition() {
  pthread_mutex_lock(&for_condition);
  site_condition();
}
void wait_timed_condition() {
  pthread_mutex_lock(&for_condition);
  site_timed_condition();
}
void wait_clock_condition() {
  pthread_mutex_lock(&for_condition);
  site_clock_condition();
}
void hold_c11() { mtx_lock(&c11_mutex); }
void unlock_c11() { mtx_unlock(&c11_mutex); }
void wait_c11_condition() {
  mtx_lock(&c11_mutex);
  site_c11_condition();
}
void signal_c11_condition() {
  mtx_lock(&c11_mutex);
  mtx_unlock(&c11_mutex);
  cnd_signal(&c11_condition);
}
void make_c11_sleeper() {
  const auto sleeps = [](void*) {
    sleep_ms(20);
    return 0;
  };
  thrd_create(&c11_sleeper, sleeps, nullptr);
}
void signal_condition() {
  pthread_mutex_lock(&for_condition);
  pthread_mutex_unlock(&for_condition);
  pthread_cond_signal(&condition);
}
void post() { sem_post(&sem); }
void meet() { pthread_barrier_wait(&barrier); }
void make_sleeper() {
  pthread_create(&sleeper, nullptr, [](void*) -> void* {
    sleep_ms(20);
    return nullptr;
  }, nullptr);
}
std::atomic<bool> routine_may_end;
void begin_once() {
  once = PTHREAD_ONCE_INIT;
  routine_may_end = false;
  static pthread_t runner;
  pthread_create(&runner, nullptr, [](void*) -> void* {
    pthread_once(&once, [] {
      while (!routine_may_end) sleep_ms(1);
    });
    return nullptr;
  }, nullptr);
  pthread_detach(runner);
  while (*reinterpret_cast<volatile int*>(&once) == 0) usleep(100);
}
void end_once() { routine_may_end = true; }
void clear_word() { word = 0; }
void wake_word() {
  word = 1;
  syscall(SYS_futex, &word, FUTEX_WAKE, 1, nullptr, nullptr, 0);
}

}  // namespace

int main() {
  pthread_spin_init(&spin, 0);
  pthread_barrier_init(&barrier, nullptr, 2);
  sem_init(&sem, 0, 0);
  mtx_init(&c11_mutex, mtx_plain);
  cnd_init(&c11_condition);
  pthread_t thread;
  pthread_create(&thread, nullptr, other, nullptr);
  ten("site_mutex", hold_mutex, site_mutex, release_mutex, unlock_mutex);
  ten("site_timedlock", hold_mutex, site_timedlock, release_mutex, unlock_mutex);
  ten("site_clocklock", hold_mutex, site_clocklock, release_mutex, unlock_mutex);
  ten("site_read", hold_write, site_read, release_write, unlock_rwlock);
  ten("site_timed_read", hold_write, site_timed_read, release_write, unlock_rwlock);
  ten("site_clock_read", hold_write, site_clock_read, release_write, unlock_rwlock);
  ten("site_clock_write", hold_read, site_clock_write, release_read, unlock_rwlock);
  ten("site_write", hold_read, site_write, release_read, unlock_rwlock);
  ten("site_timed_write", hold_read, site_timed_write, release_read, unlock_rwlock);
  ten("site_spin", hold_spin, site_spin, release_spin, unlock_spin);
  ten("site_condition", nothing, wait_condition, signal_condition, unlock_condition);
  ten("site_timed_condition", nothing, wait_timed_condition, signal_condition, unlock_condition);
  ten("site_clock_condition", nothing, wait_clock_condition, signal_condition, unlock_condition);
  ten("site_c11_mutex", hold_c11, site_c11_mutex, release_c11, unlock_c11);
  ten("site_c11_condition", nothing, wait_c11_condition, signal_c11_condition, unlock_c11);
  ten("site_c11_join", make_c11_sleeper, site_c11_join, nothing, nothing);
  ten("site_clock_sem", nothing, site_clock_sem, post, nothing);
  ten("site_timed_join", make_sleeper, site_timed_join, nothing, nothing);
  ten("site_clock_join", make_sleeper, site_clock_join, nothing, nothing);
  ten("site_sem", nothing, site_sem, post, nothing);
  ten("site_timed_sem", nothing, site_timed_sem, post, nothing);
  ten("site_join", make_sleeper, site_join, nothing, nothing);
  ten("site_barrier", nothing, site_barrier, meet, nothing);
  ten("site_once", begin_once, site_once, end_once, nothing);
  ten("site_futex", clear_word, site_futex, wake_word, nothing);
  turn = -1;
  pthread_join(thread, nullptr);
  return 0;
}
