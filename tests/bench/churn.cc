// Blocks of 16 to 4096 bytes with a window of live ones, at a given stack depth; prints nanoseconds
// an allocation. With more stacks than one, the thread climbs up and goes down another way every 16
// allocations.
// usage: bench_churn [ALLOCATIONS] [THREADS] [DEPTH] [WINDOW] [STACKS]
#include <pthread.h>

#include <chrono>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <vector>

constexpr long kTurn = 16;

static long allocations, window, stacks;
static int depth;

struct Load {
  std::vector<void*> live;
  uint64_t random;
};

__attribute__((noinline)) static void run(Load& load, long times) {
  uint64_t random = load.random;
  for (long i = 0; i < times; i++) {
    random ^= random << 13, random ^= random >> 7, random ^= random << 17;
    void*& slot = load.live[random % load.live.size()];
    free(slot);
    const size_t size = 16 + (random >> 20) % 4081;
    slot = malloc(size);
    *static_cast<volatile char*>(slot) = 1;
  }
  load.random = random;
}

template <int Side>
__attribute__((noinline)) static int descend(int levels, uint64_t way, Load& load, long times) {
  volatile int keep = levels + Side;
  if (levels <= 0) {
    run(load, times);
    return 0;
  }
  const auto below = (way & 1) == 0 ? descend<0> : descend<1>;
  return below(levels - 1, way >> 1, load, times) + (keep != 0);
}

static void* work(void* number) {
  const uint64_t seed = reinterpret_cast<uintptr_t>(number) + 1;
  Load load{std::vector<void*>(static_cast<size_t>(window)), seed * 0x9e3779b97f4a7c15u + 1};
  if (stacks <= 1) {
    descend<0>(depth, 0, load, allocations);
  } else {
    for (uint64_t i = 0; i < static_cast<uint64_t>(allocations / kTurn); i++) {
      descend<0>(depth, i % static_cast<uint64_t>(stacks) * 0x9e3779b97f4a7c15u >> 8, load, kTurn);
    }
  }
  for (void* p : load.live) free(p);
  return nullptr;
}

int main(int argc, char** argv) {
  allocations = argc > 1 ? atol(argv[1]) : 5000000;
  const int threads = argc > 2 ? atoi(argv[2]) : 1;
  depth = argc > 3 ? atoi(argv[3]) : 5;
  window = argc > 4 ? atol(argv[4]) : 1000;
  stacks = argc > 5 ? atol(argv[5]) : 1;
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
