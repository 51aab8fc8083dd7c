// Four functions with 10, 20, 30 and 40 % of the work, dealt in random order so that no rhythm of
// theirs meets the sampler's, on N threads. Prints each one's part of the CPU the threads took, by
// the work done, and getrusage. No clock is read between the cards: asking the kernel for a
// thread's CPU time lets it end the thread's slice there, and slices of two cards on each of two
// threads meet the kernel's tick of 4 ms so that one of them runs for 100 ms without one.
// usage: cpu_shares [THREADS [SECONDS [REPORT [UNTIL]]]]: REPORT is a file or FIFO that one thread
// alone opens for writing once its burn_40 has had 300 ms; UNTIL ends the work when it is there.
#include <fcntl.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <unistd.h>

#include "burn.h"

#define BURN(name)                                               \
  __attribute__((noinline, aligned(64))) void name(long count) { \
    burn_iterations(count);                                      \
  }
void burn_10(long), burn_20(long), burn_30(long), burn_40(long);
BURN(burn_10)
BURN(burn_20)
BURN(burn_30)
BURN(burn_40)

static void (*const functions[4])(long) = {burn_10, burn_20, burn_30, burn_40};
static _Atomic int64_t taken_ns[4];
static long iterations;  // of one card
static long decks;
static const char *report, *until;

// Called between two decks, some 10 ms apart: seldom enough to ask for CPU time, which it does only
// where a report is wanted.
static int is_to_end(int64_t start) {
  if (report != NULL && (thread_cpu_ns() - start) * 4 / 10 > 300000000) {
    close(open(report, O_WRONLY | O_CREAT, 0600));
    report = NULL;
  }
  return until != NULL && access(until, F_OK) == 0;
}

static void* work(void* argument) {
  uint64_t random = 0x9e3779b97f4a7c15u * (uint64_t)(1 + (intptr_t)argument);
  long done[4] = {0};
  int64_t start = thread_cpu_ns();
  long d = 0;
  for (int is_over = 0; d < decks && !is_over; d++) {
    int deck[10] = {0, 1, 1, 2, 2, 2, 3, 3, 3, 3};
    for (int i = 9; i > 0; i--) {
      random ^= random << 13, random ^= random >> 7, random ^= random << 17;
      int j = (int)(random % (uint64_t)(i + 1)), card = deck[i];
      deck[i] = deck[j], deck[j] = card;
    }
    for (int i = 0; i < 10; i++) {
      functions[deck[i]](iterations);
      done[deck[i]]++;
    }
    is_over = is_to_end(start);
  }
  int64_t taken = thread_cpu_ns() - start;
  for (int i = 0; i < 4; i++) taken_ns[i] += taken * done[i] / (d * 10);
  return 0;
}

int main(int argc, char** argv) {
  int64_t start = clock_ns(CLOCK_MONOTONIC);
  int threads = argc > 1 ? atoi(argv[1]) : 1;
  double seconds = argc > 2 ? atof(argv[2]) : 1;  // of CPU, by all threads together
  report = argc > 3 ? argv[3] : NULL;
  until = argc > 4 ? argv[4] : NULL;
  iterations = calibrate();
  decks = (long)(seconds * 100 / threads);
  pthread_t others[64];
  for (intptr_t i = 1; i < threads; i++) pthread_create(&others[i], 0, work, (void*)i);
  work(0);
  for (int i = 1; i < threads; i++) pthread_join(others[i], 0);
  struct rusage usage;
  getrusage(RUSAGE_SELF, &usage);
  for (int i = 0; i < 4; i++) printf("burn_%d %lld\n", 10 * (i + 1), (long long)taken_ns[i]);
  printf("cpu %lld\n", (usage.ru_utime.tv_sec + usage.ru_stime.tv_sec) * 1000000000ll +
                           (usage.ru_utime.tv_usec + usage.ru_stime.tv_usec) * 1000ll);
  printf("wall %lld\n", (long long)(clock_ns(CLOCK_MONOTONIC) - start));
  return 0;
}
