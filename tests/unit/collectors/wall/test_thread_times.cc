#include "collectors/wall/thread_times.h"

#include <catch2/catch.hpp>
#include <cmath>

#include "collectors/life/thread.h"
#include "env/sys/clock.h"
#include "env/sys/thread_state.h"
#include "tests/unit/tables/open_tables.h"

namespace {

constexpr uint64_t kMs = 1000000;
constexpr uint64_t kPeriod = 10 * kMs;

struct Known {
  OpenTables open{4 << 20};
  Thread* thread = threads::acquire();
  Known() {
    threads::begin_main(*thread);
    thread_state.random = 42;
    thread_times::begin(*thread, 1, clock_source::monotonic_ns());
  }
  ~Known() { threads::end(*thread); }
};

}  // namespace

TEST_CASE("a wait of a period or more is recorded as long as it was") {
  Known known;
  CHECK(thread_times::to_record(*known.thread, kPeriod, kPeriod) == kPeriod);
  CHECK(thread_times::to_record(*known.thread, 37 * kMs + 5, kPeriod) == 37 * kMs + 5);
}

TEST_CASE("short waits are recorded to a period in all, however they are cut") {
  for (const uint64_t each : {kMs / 7, 3 * kMs, 7 * kMs, 9999999ul}) {
    Known known;
    uint64_t recorded = 0, waited = 0;
    for (int i = 0; i < 5000; i++) {
      recorded += thread_times::to_record(*known.thread, each, kPeriod);
      waited += each;
    }
    INFO(each);
    CHECK(recorded < waited + kPeriod);
    CHECK(recorded + kPeriod > waited);
  }
}

TEST_CASE("waits that take turns in step with the period get their own time each") {
  Known known;
  uint64_t recorded[2] = {};
  constexpr int kTurns = 4000;
  for (int i = 0; i < kTurns; i++) {
    recorded[0] += thread_times::to_record(*known.thread, 2 * kMs, kPeriod);
    recorded[1] += thread_times::to_record(*known.thread, 8 * kMs, kPeriod);
  }
  // One point a stretch, uniform: binomial. Six sigma.
  const double sigma = std::sqrt(kTurns * 0.2 * 0.8);
  CHECK(static_cast<double>(recorded[0]) / kPeriod == Approx(0.2 * kTurns).margin(6 * sigma));
  CHECK(static_cast<double>(recorded[1]) / kPeriod == Approx(0.8 * kTurns).margin(6 * sigma));
}

TEST_CASE("the states of a thread add up to its life") {
  Known known;
  const timespec nap{0, 20 * kMs};
  nanosleep(&nap, nullptr);
  thread_times::waited(*known.thread, thread_times::State::kSleep, 15 * kMs, 0);
  const thread_times::Sums sums =
      thread_times::sums_of(*known.thread, known.thread->tid, thread_times::State::kIo, 2 * kMs);
  int64_t sum = 0;
  for (const int64_t ns : sums.ns) sum += ns;
  CHECK(static_cast<double>(sum) == Approx(static_cast<double>(sums.life_ns)).epsilon(0.001));
  CHECK(sums.ns[static_cast<unsigned>(thread_times::State::kSleep)] == 15 * kMs);
  CHECK(sums.ns[static_cast<unsigned>(thread_times::State::kIo)] == 2 * kMs);
  CHECK(sums.ns[static_cast<unsigned>(thread_times::State::kOther)] > 0);
}
