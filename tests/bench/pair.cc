// A 64-byte malloc+free pair, over and over; prints nanoseconds a pair.
// usage: bench_pair [PAIRS] [THREADS]
#include <pthread.h>

#include <chrono>
#include <cstdio>
#include <cstdlib>

static long pairs;
static void* volatile sinks[64];

static void* work(void* slot) {
  void* volatile* sink = static_cast<void* volatile*>(slot);
  for (long i = 0; i < pairs; i++) {
    void* p = malloc(64);
    *sink = p;
    free(p);
  }
  return nullptr;
}

int main(int argc, char** argv) {
  pairs = argc > 1 ? atol(argv[1]) : 20000000;
  const int threads = argc > 2 ? atoi(argv[2]) : 1;
  const auto start = std::chrono::steady_clock::now();
  pthread_t others[64];
  for (int i = 1; i < threads; i++) {
    pthread_create(&others[i], nullptr, work, const_cast<void**>(&sinks[i]));
  }
  work(const_cast<void**>(&sinks[0]));
  for (int i = 1; i < threads; i++) pthread_join(others[i], nullptr);
  const std::chrono::duration<double, std::nano> taken = std::chrono::steady_clock::now() - start;
  printf("%.3f\n", taken.count() / static_cast<double>(pairs));
  return 0;
}
