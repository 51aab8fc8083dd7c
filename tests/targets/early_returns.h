// The frame of early_returns.c: a thread for each call that may wait, one that ends the waits, and
// what is counted of them.
#pragma once

#include <errno.h>
#include <pthread.h>
#include <semaphore.h>
#include <stdatomic.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "burn.h"

enum { kNapMs = 20, kMost = 96, kLateKept = 4096 };
enum State { kIdle, kAsked, kReady, kFed };

struct Worker {
  const struct Case* is;
  pthread_t thread, other;
  int fd[4];
  int id;
  sem_t sem, ready;
  pthread_mutex_t mutex;
  pthread_cond_t cond;
  pthread_rwlock_t rwlock;
  pthread_barrier_t barrier;
  char path[64];
  _Atomic int word, state;
  _Atomic int64_t fed_ns, ready_ns;
  char* bytes;
  long rounds, early, wrong;
  int error;
  int32_t late_us[kLateKept];
};

// A wait is timed (nothing comes, it lasts kNapMs), or fed (it ends when `feed` was called), or
// whole (it moves all bytes, however long it takes, while another thread takes or gives them).
enum Kind { kTimed, kFedOnce, kFedUntilOver, kWhole };

struct Case {
  const char* name;
  enum Kind kind;
  int early_ms;              // a bare kernel may end it that much too early: its jiffies
  int (*wait)(struct Worker*);  // 1: as it should be
  int (*setup)(struct Worker*);  // 0: not to be had here; null: nothing to do
  void (*prepare)(struct Worker*);  // before each wait, by the thread that feeds
  void (*feed)(struct Worker*);
};

static _Atomic int over, all_over;
static struct Worker* workers[kMost];
static int worker_count;

static int64_t now_ns(void) {
  return clock_ns(CLOCK_MONOTONIC);
}

static struct timespec nap(void) {
  return (struct timespec){0, kNapMs * 1000000L};
}

static struct timespec until(clockid_t clock) {
  int64_t end = clock_ns(clock) + kNapMs * 1000000LL;
  return (struct timespec){end / 1000000000, end % 1000000000};
}

static void* feeding(void* unused) {
  while (!all_over) {
    struct timespec t = {0, 3000000};
    nanosleep(&t, 0);
    for (int i = 0; i < worker_count; i++) {
      struct Worker* w = workers[i];
      int state = w->state;
      if (state == kAsked) {
        if (w->is->prepare) w->is->prepare(w);
        w->fed_ns = 0;
        w->ready_ns = now_ns();
        w->state = kReady;
        sem_post(&w->ready);
      } else if (state == kReady && now_ns() - w->ready_ns > 10000000) {
        int ready = kReady;
        w->fed_ns = now_ns();
        if (atomic_compare_exchange_strong(&w->state, &ready, kFed)) w->is->feed(w);
      } else if (state == kFed && w->is->kind == kFedUntilOver) {
        w->is->feed(w);
      }
    }
  }
  return unused;
}

static void one_round(struct Worker* w) {
  const struct Case* is = w->is;
  const int fed = is->kind == kFedOnce || is->kind == kFedUntilOver;
  if (fed) {
    w->state = kAsked;
    while (sem_wait(&w->ready) != 0) w->wrong++;
  }
  // A tick is due a random while into the wait, or shortly before.
  burn_iterations((long)((uint64_t)(w->rounds * 2654435761u) % 300000));
  const int64_t start = now_ns();
  errno = 0;
  const int right = is->wait(w);
  const int error = errno;
  const int64_t end = now_ns();
  const int64_t due = is->kind == kTimed ? start + kNapMs * 1000000LL : fed ? w->fed_ns : start;
  if (!right && !w->error) w->error = error ? error : -1;
  w->wrong += !right;
  w->early += is->kind == kTimed ? end < due - is->early_ms * 1000000LL : fed && due == 0;
  w->late_us[w->rounds++ % kLateKept] = (int32_t)((end - due) / 1000);
  if (!fed && is->kind == kWhole) {
    struct timespec t = nap();
    nanosleep(&t, 0);
  }
}

static void* working(void* argument) {
  struct Worker* w = argument;
  while (!over) one_round(w);
  w->state = kIdle;
  return 0;
}

static int by_number(const void* a, const void* b) {
  return *(const int32_t*)a - *(const int32_t*)b;
}

// Wrong ones always; with `figures` each call: rounds, and how late it was over.
static long report(int figures) {
  long rounds = 0, wrong = 0;
  for (int i = 0; i < worker_count; i++) {
    struct Worker* w = workers[i];
    rounds += w->rounds, wrong += w->wrong + w->early;
    long kept = w->rounds < kLateKept ? w->rounds : kLateKept;
    if (w->wrong || w->early || !w->rounds)
      printf("%s: of %ld, %ld wrong, %ld early, the first with %s\n", w->is->name, w->rounds, w->wrong,
             w->early, strerror(w->error));
    if (!figures || kept == 0) continue;
    qsort(w->late_us, (size_t)kept, sizeof(int32_t), by_number);
    printf("late %s %ld %d %d %d\n", w->is->name, w->rounds, w->late_us[kept / 2],
           w->late_us[kept * 99 / 100], w->late_us[kept - 1]);
  }
  if (figures) printf("rounds %ld\n", rounds);
  return wrong;
}
