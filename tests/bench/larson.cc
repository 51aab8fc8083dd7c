// A server's way with memory: every thread has a table of blocks of random sizes and replaces them
// one by one; now and then it swaps its table for another thread's, so that most blocks are freed
// by a thread that did not allocate them. Prints nanoseconds an operation (a free and a malloc).
// usage: bench_larson [OPERATIONS OF A THREAD] [THREADS]
#include <pthread.h>

#include <atomic>
#include <chrono>
#include <cstdint>
#include <cstdio>
#include <cstdlib>

constexpr int kMostThreads = 64;
constexpr size_t kBlocks = 1000;
constexpr long kTurn = 2000;  // operations between two swaps
constexpr size_t kSmallest = 8, kLargest = 1000;

struct Table {
  void* blocks[kBlocks];
};

static long operations;
static int threads;
static Table tables[2 * kMostThreads];
// One table lies between each thread and the next: the thread that comes takes it and leaves its
// own there.
static std::atomic<Table*> between[kMostThreads];

static uint64_t next_random(uint64_t& random) {
  random ^= random << 13, random ^= random >> 7, random ^= random << 17;
  return random;
}

static size_t size_of(uint64_t random) {
  return kSmallest + (random >> 20) % (kLargest - kSmallest + 1);
}

static void* work(void* argument) {
  const uintptr_t self = reinterpret_cast<uintptr_t>(argument);
  Table* table = &tables[self];
  uint64_t random = (self + 1) * 0x9e3779b97f4a7c15u;
  for (void*& block : table->blocks) block = malloc(size_of(next_random(random)));
  for (long i = 0; i < operations; i++) {
    if (i % kTurn == 0) {
      const uintptr_t side = (self + static_cast<uintptr_t>(i / kTurn) % 2) % threads;
      // acq_rel: the blocks of a table come with it.
      table = between[side].exchange(table, std::memory_order_acq_rel);
    }
    void*& block = table->blocks[next_random(random) % kBlocks];
    free(block);
    block = malloc(size_of(random));
    *static_cast<volatile char*>(block) = 1;
  }
  return nullptr;
}

int main(int argc, char** argv) {
  operations = argc > 1 ? atol(argv[1]) : 5000000;
  threads = argc > 2 ? atoi(argv[2]) : 2;
  if (threads < 1 || threads > kMostThreads) return 2;
  for (int i = 0; i < threads; i++) between[i].store(&tables[threads + i]);
  const auto start = std::chrono::steady_clock::now();
  pthread_t others[kMostThreads] = {};
  for (uintptr_t i = 1; i < static_cast<uintptr_t>(threads); i++) {
    pthread_create(&others[i], nullptr, work, reinterpret_cast<void*>(i));
  }
  work(nullptr);
  for (int i = 1; i < threads; i++) pthread_join(others[i], nullptr);
  const std::chrono::duration<double, std::nano> taken = std::chrono::steady_clock::now() - start;
  printf("%.3f\n", taken.count() / static_cast<double>(operations));
  return 0;
}
