// Threads that hand each other blocks: each is allocated by one and freed, or resized, by another.
// At the end all are freed.
// usage: exchange_blocks [SECONDS] [THREADS]
#include <cerrno>
#include <pthread.h>

#include <atomic>
#include <chrono>
#include <cstdint>
#include <cstdio>
#include <cstdlib>

static std::atomic<void*> slots[4096];
static std::atomic<long> exchanges, errno_changed, torn;
static std::atomic<bool> over;

struct Block {
  uint64_t size, check;
};

extern "C" __attribute__((noinline)) void* allocate_block(uint64_t random) {
  const size_t size = sizeof(Block) + random % (random % 64 == 0 ? 300000 : 700);
  void* p = nullptr;
  switch (random >> 40 & 3) {
    case 0: p = calloc(1, size); break;
    case 1: p = aligned_alloc(64, (size + 63) & ~size_t{63}); break;
    default: p = malloc(size);
  }
  *static_cast<Block*>(p) = {size, ~size};
  return p;
}

static void check(const void* p) {
  const Block& block = *static_cast<const Block*>(p);
  if (block.check != ~block.size) torn++;
}

static void* exchange(void* seed) {
  uint64_t random = reinterpret_cast<uintptr_t>(seed) * 0x9e3779b97f4a7c15u + 1;
  errno = 1234;
  long n = 0;
  for (; !over.load(std::memory_order_relaxed); n++) {
    random ^= random << 13, random ^= random >> 7, random ^= random << 17;
    void* p = slots[random % 4096].exchange(allocate_block(random));
    if (p == nullptr) continue;
    check(p);
    if (random >> 50 & 1) p = realloc(p, 40 + (random >> 8 & 1023)), check(p);
    free(p);
    if (errno != 1234) errno_changed++, errno = 1234;
  }
  exchanges += n;
  return nullptr;
}

int main(int argc, char** argv) {
  const double seconds = argc > 1 ? atof(argv[1]) : 2;
  const int threads = argc > 2 ? atoi(argv[2]) : 16;
  pthread_t all[64];
  for (int i = 0; i < threads; i++) {
    pthread_create(&all[i], nullptr, exchange, reinterpret_cast<void*>(static_cast<intptr_t>(i)));
  }
  const auto end = std::chrono::steady_clock::now() + std::chrono::duration<double>(seconds);
  while (std::chrono::steady_clock::now() < end) {
    const timespec pause{0, 5000000};
    nanosleep(&pause, nullptr);
  }
  over = true;
  for (int i = 0; i < threads; i++) pthread_join(all[i], nullptr);
  for (auto& slot : slots) free(slot.exchange(nullptr));
  fprintf(stderr, "exchanges %ld\n", exchanges.load());
  printf("errno changed %ld times, %ld blocks torn\n", errno_changed.load(), torn.load());
  return 0;
}
