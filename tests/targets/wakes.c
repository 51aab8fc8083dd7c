// Threads that wake each other, one at a time. Each woken thread has a line: its waker, the two
// moments between which the wake happened, and the moment at which the thread ran again.
#include <linux/futex.h>
#include <pthread.h>
#include <semaphore.h>
#include <stdatomic.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

enum { kThreads = 3, kMost = 4096 };

struct Line {
  const char* kind;
  int waker, waiter;
  uint64_t before_ns, after_ns, back_ns;
};
static struct Line lines[kMost];
static atomic_int line_count;

static uint64_t now_ns(void) {
  struct timespec t;
  clock_gettime(CLOCK_MONOTONIC, &t);
  return (uint64_t)t.tv_sec * 1000000000 + (uint64_t)t.tv_nsec;
}
static void rest_us(long us) {
  const struct timespec t = {0, us * 1000};
  nanosleep(&t, NULL);
}
static int tid_here(void) {
  return (int)syscall(SYS_gettid);
}
static void write_line(struct Line line) {
  const int i = atomic_fetch_add(&line_count, 1);
  if (i < kMost) lines[i] = line;
}

// Locks: the last owner wakes the next one.
static pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;
static pthread_rwlock_t rwlock = PTHREAD_RWLOCK_INITIALIZER;
static pthread_spinlock_t spin;
struct Lock {
  const char* kind;
  void (*lock)(void);
  void (*unlock)(void);
  struct Line last;  // of the last owner, guarded by the lock itself
};
static void lock_mutex(void) { pthread_mutex_lock(&mutex); }
static void unlock_mutex(void) { pthread_mutex_unlock(&mutex); }
static void lock_rwlock(void) { pthread_rwlock_wrlock(&rwlock); }
static void unlock_rwlock(void) { pthread_rwlock_unlock(&rwlock); }
static void lock_spin(void) { pthread_spin_lock(&spin); }
static void unlock_spin(void) { pthread_spin_unlock(&spin); }
static struct Lock locks[] = {{"mutex", lock_mutex, unlock_mutex, {0}},
                              {"rwlock", lock_rwlock, unlock_rwlock, {0}},
                              {"spin", lock_spin, unlock_spin, {0}}};
static int rounds = 60;

static void* take_turns(void* of) {
  struct Lock* l = of;
  const int me = tid_here();
  for (int i = 0; i < rounds; i++) {
    const uint64_t asked_ns = now_ns();
    l->lock();
    const uint64_t back_ns = now_ns();
    struct Line line = l->last;
    line.waiter = me;
    line.back_ns = back_ns;
    // Another has had it since this one asked: so this one has waited.
    if (line.waker != 0 && line.waker != me && line.before_ns > asked_ns) write_line(line);
    rest_us(100);
    l->last = (struct Line){l->kind, me, 0, now_ns(), UINT64_MAX, 0};
    l->unlock();
    rest_us(20);
  }
  return NULL;
}

// What has no holder: one wake is under way at a time, and the thread that goes on says so.
static pthread_cond_t condition = PTHREAD_COND_INITIALIZER;
static sem_t semaphore;
static _Atomic uint32_t word;
static atomic_int permits, taken;
static struct Line wake;

static void went_on(const char* kind, int has_waited) {
  struct Line line = wake;
  line.kind = kind;
  line.waiter = tid_here();
  line.back_ns = now_ns();
  line.after_ns = UINT64_MAX;
  if (has_waited) write_line(line);
  atomic_fetch_add(&taken, 1);
}
static int take_permit(void) {
  int n = atomic_load(&permits);
  while (n > 0) {
    if (atomic_compare_exchange_weak(&permits, &n, n - 1)) return 1;
  }
  return 0;
}
static atomic_int over;
static void wait_condition(void) {
  int waits = 0;
  pthread_mutex_lock(&mutex);
  for (; !over && !take_permit(); waits++) pthread_cond_wait(&condition, &mutex);
  const uint64_t end = now_ns();
  pthread_mutex_unlock(&mutex);
  (void)end;
  if (!over) went_on("condvar", waits > 0);
}
static void signal_condition(void) {
  pthread_mutex_lock(&mutex);
  permits++;
  pthread_cond_signal(&condition);
  pthread_mutex_unlock(&mutex);
}
static void wait_permit(const char* kind) {
  int value = 0;
  sem_getvalue(&semaphore, &value);
  sem_wait(&semaphore);
  if (!over) went_on(kind, value == 0);
}
static void wait_semaphore(void) { wait_permit("sem"); }
static void post_semaphore(void) {
  sem_post(&semaphore);
}
// The permits that others wait for are taken before they have woken up, then there are new ones.
static void wait_passed(void) { wait_permit("passed"); }
static int passings;
static void pass_and_post(void) {
  const struct timespec past = {0, 0};
  sem_post(&semaphore);
  const int passed = passings++ % 2 == 0 ? sem_trywait(&semaphore)
                                         : sem_timedwait(&semaphore, &past);
  if (passed != 0) return;
  wake.before_ns = now_ns();
  sem_post(&semaphore);
}
static void wait_futex(void) {
  int waits = 0;
  while (!over) {
    const uint32_t seen = word;
    if (take_permit()) break;
    waits += syscall(SYS_futex, &word, FUTEX_WAIT_PRIVATE, seen, NULL, NULL, 0) == 0;
  }
  if (!over) went_on("futex", waits > 0);
}
static void wake_futex(void) {
  permits++;
  word++;
  syscall(SYS_futex, &word, FUTEX_WAKE_PRIVATE, 1, NULL, NULL, 0);
}
struct Object {
  void (*wait)(void);
  void (*wake)(void);
};
static const struct Object objects[] = {{wait_condition, signal_condition},
                                        {wait_semaphore, post_semaphore},
                                        {wait_passed, pass_and_post},
                                        {wait_futex, wake_futex}};
static void* wait_for_ever(void* of) {
  const struct Object* o = of;
  while (!over) o->wait();
  return NULL;
}
static pthread_mutex_t turn = PTHREAD_MUTEX_INITIALIZER;
static void* wake_one_by_one(void* of) {
  const struct Object* o = of;
  for (int i = 0; i < rounds; i++) {
    pthread_mutex_lock(&turn);
    rest_us(300);
    const int before = taken;
    wake = (struct Line){NULL, tid_here(), 0, now_ns(), 0, 0};
    o->wake();
    while (taken == before) rest_us(50);
    pthread_mutex_unlock(&turn);
    rest_us(50);
  }
  return NULL;
}

// The last thread to come wakes the others, and learns so; it has to publish its own moment.
static pthread_barrier_t barrier;
static struct Line last_arrival;
static atomic_int published, looked;
static void* meet(void* of) {
  const long me = (long)of;
  for (int i = 0; i < 20; i++) {
    rest_us(100 + 400 * ((i + me) % kThreads));
    const uint64_t arrived_ns = now_ns();
    const int is_last = pthread_barrier_wait(&barrier) == PTHREAD_BARRIER_SERIAL_THREAD;
    const uint64_t back_ns = now_ns();
    if (is_last) {
      last_arrival = (struct Line){"barrier", tid_here(), 0, arrived_ns, UINT64_MAX, 0};
      published++;
    }
    while (published <= i) rest_us(50);
    struct Line line = last_arrival;
    line.waiter = tid_here();
    line.back_ns = back_ns;
    if (!is_last && line.before_ns > arrived_ns + 50000) write_line(line);
    looked++;
    while (looked < (i + 1) * kThreads) rest_us(50);
  }
  return NULL;
}

static struct Line ending;
static void* end_later(void* unused) {
  (void)unused;
  rest_us(2000);
  ending = (struct Line){"join", tid_here(), 0, now_ns(), UINT64_MAX, 0};
  return NULL;
}

static void start(pthread_t* t, void* (*routine)(void*), const void* of) {
  pthread_create(t, NULL, routine, (void*)of);
}

int main(int argc, char** argv) {
  if (argc > 1) rounds = atoi(argv[1]);
  pthread_t t[kThreads + 2];
  pthread_spin_init(&spin, 0);
  sem_init(&semaphore, 0, 0);
  pthread_barrier_init(&barrier, NULL, kThreads);
  for (unsigned l = 0; l < sizeof locks / sizeof *locks; l++) {
    for (int i = 0; i < kThreads; i++) start(&t[i], take_turns, &locks[l]);
    for (int i = 0; i < kThreads; i++) pthread_join(t[i], NULL);
  }
  for (unsigned o = 0; o < sizeof objects / sizeof *objects; o++) {
    over = permits = 0;
    for (int i = 0; i < kThreads; i++) start(&t[i], wait_for_ever, &objects[o]);
    for (int i = 0; i < 2; i++) start(&t[kThreads + i], wake_one_by_one, &objects[o]);
    for (int i = 0; i < 2; i++) pthread_join(t[kThreads + i], NULL);
    rest_us(1000);
    over = 1;
    for (int i = 0; i < kThreads; i++) {
      pthread_mutex_lock(&mutex);
      pthread_cond_broadcast(&condition);
      pthread_mutex_unlock(&mutex);
      sem_post(&semaphore);
      word++;
      syscall(SYS_futex, &word, FUTEX_WAKE_PRIVATE, 100, NULL, NULL, 0);
    }
    for (int i = 0; i < kThreads; i++) pthread_join(t[i], NULL);
  }
  for (long i = 0; i < kThreads; i++) start(&t[i], meet, (void*)i);
  for (int i = 0; i < kThreads; i++) pthread_join(t[i], NULL);
  for (int i = 0; i < 30; i++) {
    start(&t[0], end_later, NULL);
    pthread_join(t[0], NULL);
    ending.waiter = tid_here();
    ending.back_ns = now_ns();
    write_line(ending);
  }
  for (int i = 0; i < line_count && i < kMost; i++) {
    const struct Line* l = &lines[i];
    printf("%s %d %d %llu %llu\n", l->kind, l->waker, l->waiter, (unsigned long long)l->before_ns,
           (unsigned long long)l->back_ns);
  }
  return 0;
}
