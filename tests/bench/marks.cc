// Begins and ends a region so often; prints nanoseconds an event.
// usage: bench_marks [EVENTS] [THREADS]
#include <pthread.h>

#include <chrono>
#include <cstdio>
#include <cstdlib>

#include "include/profiler.h"

static long count;

static void* mark(void*) {
  for (long i = 0; i < count; i += 2) {
    profiler_region_begin("turn");
    profiler_region_end();
  }
  return nullptr;
}

int main(int argc, char** argv) {
  count = argc > 1 ? atol(argv[1]) : 10000000;
  const int threads = argc > 2 ? atoi(argv[2]) : 1;
  pthread_t others[64];
  const auto start = std::chrono::steady_clock::now();
  for (int i = 1; i < threads; i++) pthread_create(&others[i], nullptr, mark, nullptr);
  mark(nullptr);
  for (int i = 1; i < threads; i++) pthread_join(others[i], nullptr);
  const std::chrono::duration<double, std::nano> taken = std::chrono::steady_clock::now() - start;
  printf("%.3f\n", taken.count() / static_cast<double>(count));
  exit(0);
}
