// Times each malloc and free by itself, from ever new stacks; prints the worst and the median in
// nanoseconds. Calls in which the kernel gave the processor to another thread are left out, not
// those that had to wait. usage: bench_hooks [SECONDS]
#include <sys/resource.h>
#include <time.h>

#include <algorithm>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <vector>

namespace {

int64_t now_ns() {
  timespec now{};
  clock_gettime(CLOCK_MONOTONIC, &now);
  return now.tv_sec * 1000000000 + now.tv_nsec;
}

long times_preempted() {
  rusage usage{};
  getrusage(RUSAGE_THREAD, &usage);
  return usage.ru_nivcsw;
}

void* volatile sink;
int64_t timed() {
  const int64_t start = now_ns();
  sink = malloc(64);
  free(sink);
  return now_ns() - start;
}

__attribute__((noinline)) int64_t left(uint32_t path, int depth);
__attribute__((noinline)) int64_t right(uint32_t path, int depth);
// Each path of 16 turns is a stack of its own.
int64_t turn(uint32_t path, int depth) {
  if (depth == 0) return timed();
  return path & 1 ? left(path >> 1, depth - 1) : right(path >> 1, depth - 1);
}
int64_t left(uint32_t path, int depth) {
  const int64_t ns = turn(path, depth);
  asm volatile("");
  return ns;
}
int64_t right(uint32_t path, int depth) {
  const int64_t ns = turn(path, depth);
  asm volatile("" : : "g"(ns));
  return ns;
}

}  // namespace

int main(int argc, char** argv) {
  const int64_t end = now_ns() + (argc > 1 ? atol(argv[1]) : 5) * 1000000000;
  std::vector<int64_t> taken;
  taken.reserve(1 << 24);
  for (uint32_t path = 0; now_ns() < end && taken.size() < taken.capacity(); path++) {
    const long before = times_preempted();
    const int64_t ns = turn(path, 16);
    if (times_preempted() == before) taken.push_back(ns);
  }
  std::sort(taken.begin(), taken.end());
  printf("%lld %lld %zu\n", static_cast<long long>(taken.back()),
         static_cast<long long>(taken[taken.size() / 2]), taken.size());
}
