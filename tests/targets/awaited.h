// Ten waits of 20 ms at a site, each ended by another thread. That thread goes on when the kernel
// says that the first one sleeps, so that no wait is missed however busy the machine is.
#pragma once

#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include <atomic>
#include <cstdint>
#include <cstdio>
#include <thread>

#include "asleep.h"

#define SITE extern "C" __attribute__((noinline, noclone))

namespace awaited {

inline int64_t now_ns() {
  timespec t;
  clock_gettime(CLOCK_MONOTONIC, &t);
  return t.tv_sec * 1000000000ll + t.tv_nsec;
}

inline void sleep_ms(long ms) {
  timespec t{ms / 1000, ms % 1000 * 1000000};
  nanosleep(&t, nullptr);
}

// Ten times: `hold` and then, 20 ms into the wait that `site` is, `release` by another thread;
// `after` by this one.
template <typename Hold, typename Site, typename Release, typename After>
void ten(const char* name, Hold hold, Site site, Release release, After after) {
  std::atomic<int> held = 0, entered = 0, over = 0;
  const long waiter = syscall(SYS_gettid);
  std::thread other([&] {
    for (int i = 1; i <= 10; i++) {
      hold();
      held = i;
      while (entered != i) sleep_ms(1);
      while (!is_asleep(waiter)) sleep_ms(1);
      sleep_ms(20);
      release();
      while (over != i) sleep_ms(1);
    }
  });
  int64_t total = 0;
  for (int i = 1; i <= 10; i++) {
    while (held != i) sleep_ms(1);
    entered = i;
    const int64_t start = now_ns();
    site();
    total += now_ns() - start;
    after();
    over = i;
  }
  other.join();
  printf("wait %s %lld\n", name, static_cast<long long>(total));
}

inline void nothing() {}

}  // namespace awaited
