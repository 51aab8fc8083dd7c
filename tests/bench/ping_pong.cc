// One byte to and fro through two pipes between two threads; prints nanoseconds a round.
#include <pthread.h>
#include <unistd.h>

#include <chrono>
#include <cstdio>
#include <cstdlib>

static int there[2], back[2];

static void* answering(void*) {
  char byte;
  while (read(there[0], &byte, 1) == 1 && write(back[1], &byte, 1) == 1) continue;
  return nullptr;
}

int main(int argc, char** argv) {
  const long rounds = argc > 1 ? atol(argv[1]) : 100000;
  if (pipe(there) != 0 || pipe(back) != 0) return 1;
  pthread_t other;
  pthread_create(&other, nullptr, answering, nullptr);
  const auto start = std::chrono::steady_clock::now();
  char byte = 0;
  for (long i = 0; i < rounds; i++) {
    if (write(there[1], &byte, 1) != 1 || read(back[0], &byte, 1) != 1) return 1;
  }
  const std::chrono::duration<double, std::nano> taken = std::chrono::steady_clock::now() - start;
  close(there[1]);
  pthread_join(other, nullptr);
  printf("%.1f\n", taken.count() / static_cast<double>(rounds));
  return 0;
}
