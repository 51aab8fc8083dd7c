#include "env/sys/clock.h"

#include <sys/auxv.h>
#include <time.h>

#include <catch2/catch.hpp>

namespace {

int asked;

int counted(clockid_t clock, timespec* now) {
  asked++;
  return clock_gettime(clock, now);
}

uint64_t now_ns() {
  timespec now{};
  clock_gettime(CLOCK_MONOTONIC, &now);
  return static_cast<uint64_t>(now.tv_sec) * 1000000000 + static_cast<uint64_t>(now.tv_nsec);
}

}  // namespace

TEST_CASE("the clock goes on by system calls once the counter is to be avoided") {
  clock_source::use(reinterpret_cast<const void*>(counted));
  const uint64_t before = now_ns();
  CHECK(clock_source::monotonic_ns() >= before);
  CHECK(asked == 1);
  clock_source::avoid_counter();
  CHECK(clock_source::monotonic_ns() >= before);
  CHECK(asked == 1);
  // Read without the counter.
  CHECK(clock_source::coarse_monotonic_ns() != 0);
  CHECK(asked == 2);
  clock_source::use(nullptr);
}
