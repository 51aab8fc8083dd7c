// Locks and unlocks one mutex; prints nanoseconds a pair (of all threads together).
// usage: bench_lock [PAIRS] [THREADS] [WORK_INSIDE] [WORK_OUTSIDE] [IDLE_THREADS]
#include <pthread.h>
#include <unistd.h>

#include <chrono>
#include <cstdint>
#include <cstdio>
#include <cstdlib>

static pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;
static long pairs, inside, outside;
static volatile long shared;

static void turn(long n) {
  for (long i = 0; i < n; i++) asm volatile("");
}

static void* work(void*) {
  for (long i = 0; i < pairs; i++) {
    pthread_mutex_lock(&mutex);
    shared = shared + 1;
    turn(inside);
    pthread_mutex_unlock(&mutex);
    turn(outside);
  }
  return nullptr;
}

int main(int argc, char** argv) {
  pairs = argc > 1 ? atol(argv[1]) : 20000000;
  const int threads = argc > 2 ? atoi(argv[2]) : 1;
  inside = argc > 3 ? atol(argv[3]) : 0;
  outside = argc > 4 ? atol(argv[4]) : 0;
  // With another thread about, locks are atomic.
  for (int i = argc > 5 ? atoi(argv[5]) : 0; i > 0; i--) {
    pthread_t idle;
    pthread_create(
        &idle, nullptr, [](void*) -> void* { return reinterpret_cast<void*>(intptr_t{pause()}); },
        nullptr);
  }
  const auto start = std::chrono::steady_clock::now();
  pthread_t others[64];
  for (int i = 1; i < threads; i++) pthread_create(&others[i], nullptr, work, nullptr);
  work(nullptr);
  for (int i = 1; i < threads; i++) pthread_join(others[i], nullptr);
  const std::chrono::duration<double, std::nano> taken = std::chrono::steady_clock::now() - start;
  printf("%.3f\n", taken.count() / static_cast<double>(pairs * threads));
  exit(0);
}
