// Blocks of 16 to 4096 bytes with a window of live ones, at a given stack depth; prints nanoseconds
// an allocation.
// usage: bench_churn [ALLOCATIONS] [THREADS] [DEPTH] [WINDOW]
#include <pthread.h>

#include <chrono>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <vector>

static long allocations, window;
static int depth;

__attribute__((noinline)) static void run(uint64_t seed) {
  std::vector<void*> live(static_cast<size_t>(window));
  uint64_t random = seed * 0x9e3779b97f4a7c15u + 1;
  for (long i = 0; i < allocations; i++) {
    random ^= random << 13, random ^= random >> 7, random ^= random << 17;
    void*& slot = live[random % static_cast<uint64_t>(window)];
    free(slot);
    const size_t size = 16 + (random >> 20) % 4081;
    slot = malloc(size);
    *static_cast<volatile char*>(slot) = 1;
  }
  for (void* p : live) free(p);
}

__attribute__((noinline)) static int descend(int levels, uint64_t seed) {
  volatile int keep = levels;
  if (levels <= 0) {
    run(seed);
    return 0;
  }
  return descend(levels - 1, seed) + (keep != 0);
}

static void* work(void* seed) {
  descend(depth, reinterpret_cast<uintptr_t>(seed) + 1);
  return nullptr;
}

int main(int argc, char** argv) {
  allocations = argc > 1 ? atol(argv[1]) : 5000000;
  const int threads = argc > 2 ? atoi(argv[2]) : 1;
  depth = argc > 3 ? atoi(argv[3]) : 5;
  window = argc > 4 ? atol(argv[4]) : 1000;
  const auto start = std::chrono::steady_clock::now();
  pthread_t others[64];
  for (uintptr_t i = 1; i < static_cast<uintptr_t>(threads); i++) {
    pthread_create(&others[i], nullptr, work, reinterpret_cast<void*>(i));
  }
  work(nullptr);
  for (int i = 1; i < threads; i++) pthread_join(others[i], nullptr);
  const std::chrono::duration<double, std::nano> taken = std::chrono::steady_clock::now() - start;
  printf("%.3f\n", taken.count() / static_cast<double>(allocations));
  return 0;
}
