// What free costs beside a large live heap: allocates blocks that it never touches, and between
// them a window of small ones; prints nanoseconds a free and malloc of one 16-byte block over and
// over, then of random blocks of the window, which lie among the large ones.
// usage: bench_live_heap [BLOCKS] [BYTES OF A BLOCK] [PAIRS]
#include <chrono>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <vector>

constexpr size_t kSmall = 16;  // hardly ever sampled
constexpr long kWindow = 4096;

using Clock = std::chrono::steady_clock;

static double ns_each(Clock::time_point start, long times) {
  return std::chrono::duration<double, std::nano>(Clock::now() - start).count() /
         static_cast<double>(times);
}

static double replace_random(std::vector<void*>& window, long pairs) {
  uint64_t random = 0x9e3779b97f4a7c15u;
  const auto start = Clock::now();
  for (long i = 0; i < pairs; i++) {
    random ^= random << 13, random ^= random >> 7, random ^= random << 17;
    void*& slot = window[random % window.size()];
    free(slot);
    slot = malloc(kSmall);
  }
  return ns_each(start, pairs);
}

static double replace_one(void*& slot, long pairs) {
  const auto start = Clock::now();
  for (long i = 0; i < pairs; i++) {
    free(slot);
    slot = malloc(kSmall);
  }
  return ns_each(start, pairs);
}

int main(int argc, char** argv) {
  const long blocks = argc > 1 ? atol(argv[1]) : 163840;
  const size_t bytes = argc > 2 ? strtoul(argv[2], nullptr, 0) : 65536;
  const long pairs = argc > 3 ? atol(argv[3]) : 5000000;
  const long between = blocks / kWindow > 0 ? blocks / kWindow : 1;
  std::vector<void*> window;
  static void* volatile last;
  for (long i = 0; i < blocks; i++) {
    last = malloc(bytes);
    if (last == nullptr) return 1;
    if (i % between == 0) window.push_back(malloc(kSmall));
  }
  replace_random(window, pairs / 10);
  const double one = replace_one(window[0], pairs);
  printf("%.3f %.3f\n", one, replace_random(window, pairs));
  return 0;
}
