// What threads cost in memory: LIVE that wait at once, then MADE, one after another in eight lanes.
// Prints the resident KiB before, with those that live, after a tenth of those that were made, and
// after all; and the timers that are left.
// usage: counts_threads LIVE MADE
#include <pthread.h>
#include <semaphore.h>
#include <stdio.h>
#include <stdlib.h>

#include "timers.h"

enum { kLanes = 8 };
static sem_t go;
static long each;

static long resident_kib(void) {
  FILE* file = fopen("/proc/self/smaps_rollup", "r");
  char line[256];
  long kib = -1;
  while (file != NULL && fgets(line, sizeof line, file)) {
    if (sscanf(line, "Rss: %ld kB", &kib) == 1) break;
  }
  if (file != NULL) fclose(file);
  return kib;
}

static void* waits(void* none) {
  sem_wait(&go);
  return none;
}
static void* does_nothing(void* none) { return none; }

static void* lane(void* attributes) {
  for (long i = 0; i < each; i++) {
    pthread_t thread;
    if (pthread_create(&thread, attributes, does_nothing, NULL) != 0) abort();
    pthread_join(thread, NULL);
  }
  return NULL;
}

static void make(long count, pthread_attr_t* small) {
  pthread_t lanes[kLanes];
  each = count / kLanes;
  for (int i = 0; i < kLanes; i++) pthread_create(&lanes[i], NULL, lane, small);
  for (int i = 0; i < kLanes; i++) pthread_join(lanes[i], NULL);
}

int main(int argc, char** argv) {
  const long live = argc > 1 ? atol(argv[1]) : 10000, made = argc > 2 ? atol(argv[2]) : 1000000;
  pthread_t* threads = calloc((size_t)live, sizeof *threads);
  pthread_attr_t small;
  pthread_attr_init(&small);
  pthread_attr_setstacksize(&small, 65536);
  sem_init(&go, 0, 0);
  const long before = resident_kib();
  for (long i = 0; i < live; i++) {
    if (pthread_create(&threads[i], &small, waits, NULL) != 0) return 1;
  }
  const long alive = resident_kib();
  for (long i = 0; i < live; i++) sem_post(&go);
  for (long i = 0; i < live; i++) pthread_join(threads[i], NULL);
  make(made / 10, &small);
  const long tenth = resident_kib();
  make(made - made / 10, &small);
  printf("%ld %ld %ld %ld %d\n", before, alive, tenth, resident_kib(), count_timers());
  return 0;
}
