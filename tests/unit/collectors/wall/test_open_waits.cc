#include "collectors/wall/open_waits.h"

#include <catch2/catch.hpp>
#include <thread>

#include "collectors/counts/sampler.h"
#include "collectors/life/thread.h"
#include "env/sys/clock.h"
#include "env/sys/thread_state.h"
#include "tables/tables.h"
#include "tests/unit/tables/open_tables.h"

namespace {

constexpr uint64_t kSecond = 1000000000;
constexpr uint32_t kRound = 7;

std::atomic<int64_t> by_lookers, looks_that_told;
layout::Ref waited_text;

void record(layout::Ref, layout::Ref, layout::Ref state, int64_t ns) {
  if (state != waited_text) return;
  by_lookers += ns;
  looks_that_told++;
}

struct Sums {
  uint64_t waited = 0, by_waiter = 0, waits = 0;
};

// Waits of up to 2 ms; what others have recorded of one is not the waiter's to record.
Sums wait_again_and_again(Thread& thread, uint64_t end_ns) {
  Sums sums;
  uint64_t random = 42;
  for (uint64_t now_ns = 0; now_ns < end_ns; sums.waits++) {
    waits::Wait wait(waits::Kind::kCondition, nullptr, {0x1000, 0x9000, 0}, nullptr);
    const uint64_t until_ns =
        wait.start_ns() + waits::kLeastRecorded_ns + sampler::next_random(random) % 1000000;
    while ((now_ns = clock_source::monotonic_ns()) < until_ns) continue;
    const uint64_t ns = wait.over();
    thread_times::waited(thread, thread_times::State::kCondition, ns, wait.already_recorded_ns());
    sums.waited += ns;
    sums.by_waiter += ns - wait.already_recorded_ns();
  }
  return sums;
}

}  // namespace

TEST_CASE("waits that are inspected while they go on, and as they end, are recorded once") {
  const OpenTables tables{4 << 20};
  waited_text = tables::text("condvar");
  by_lookers = looks_that_told = 0;
  Thread* thread = threads::acquire();
  // 1: the thread is there; 2: it has waited; 3: no thread looks any more
  std::atomic<int> state{0};
  Sums sums;
  std::thread waiter([&] {
    threads::begin(*thread, 0);
    thread_times::begin(*thread, kRound, clock_source::monotonic_ns());
    state = 1;
    sums = wait_again_and_again(*thread, clock_source::monotonic_ns() + kSecond);
    state = 2;
    while (state != 3) std::this_thread::yield();
    threads::end(*thread);
  });
  while (state == 0) std::this_thread::yield();
  while (state == 1) open_waits::settle(*thread, waits::kLeastRecorded_ns, nullptr, record);
  state = 3;
  waiter.join();
  INFO(sums.waits << " waits, of which others reported " << looks_that_told << " times");
  CHECK(looks_that_told > 100);
  CHECK(by_lookers > 0);
  CHECK(static_cast<int64_t>(sums.by_waiter) + by_lookers == static_cast<int64_t>(sums.waited));
}

TEST_CASE("a wait is reported as far as it has gone, each time what is new") {
  const OpenTables tables{4 << 20};
  waited_text = tables::text("condvar");
  by_lookers = 0;
  Thread* thread = threads::acquire();
  std::atomic<int> state{0};
  uint64_t start_ns = 0, ns = 0, already_recorded_ns = 0;
  std::thread waiter([&] {
    threads::begin(*thread, 0);
    thread_times::begin(*thread, kRound, clock_source::monotonic_ns());
    waits::Wait wait(waits::Kind::kCondition, nullptr, {0x1000, 0x9000, 0}, nullptr);
    start_ns = wait.start_ns();
    state = 1;
    while (state == 1) std::this_thread::yield();
    ns = wait.over();
    already_recorded_ns = wait.already_recorded_ns();
    threads::end(*thread);
  });
  while (state == 0) std::this_thread::yield();
  std::this_thread::sleep_for(std::chrono::milliseconds(2));
  int64_t last = 0;
  for (int look = 0; look < 5; look++) {
    const uint64_t before_ns = clock_source::monotonic_ns();
    open_waits::settle(*thread, 0, nullptr, record);
    CHECK(by_lookers >= last);
    CHECK(by_lookers + 1000 >= static_cast<int64_t>(before_ns - start_ns));
    last = by_lookers;
  }
  // Shorter than what is asked for: left to the waiter.
  open_waits::settle(*thread, 3600 * kSecond, nullptr, record);
  CHECK(by_lookers == last);
  state = 2;
  waiter.join();
  CHECK(static_cast<int64_t>(already_recorded_ns) == last);
  CHECK(ns >= already_recorded_ns);
}

TEST_CASE("a thread that ends during its inspection has no row, and records its own time") {
  const OpenTables tables{4 << 20};
  Thread* thread = threads::acquire();
  threads::begin_main(*thread);
  thread_times::begin(*thread, kRound, clock_source::monotonic_ns() - kSecond);
  static int64_t recorded;
  recorded = 0;
  thread->tid = 0;  // as its end leaves it
  const thread_times::Sums sums =
      open_waits::settle(*thread, 0, nullptr,
                         [](layout::Ref, layout::Ref, layout::Ref, int64_t ns) { recorded += ns; });
  CHECK(!sums.is_whole);
  CHECK(recorded == 0);
  threads::end(*thread);
}

TEST_CASE("a look between a wait's end and its entry in the account leaves it to the waiter") {
  const OpenTables tables{4 << 20};
  Thread* thread = threads::acquire();
  std::atomic<int> state{0};
  std::thread waiter([&] {
    threads::begin(*thread, 0);
    thread_times::begin(*thread, kRound, clock_source::monotonic_ns());
    waits::Wait wait(waits::Kind::kCondition, nullptr, {0x1000, 0x9000, 0}, nullptr);
    std::this_thread::sleep_for(std::chrono::milliseconds(50));
    const uint64_t ns = wait.over();
    for (state = 1; state != 2;) std::this_thread::yield();
    thread_times::waited(*thread, thread_times::State::kCondition, ns, wait.already_recorded_ns());
    for (state = 3; state != 4;) std::this_thread::yield();
    threads::end(*thread);
  });
  static int64_t rest;
  rest = 0;
  const auto note = [](layout::Ref, layout::Ref, layout::Ref, int64_t ns) { rest += ns; };
  while (state != 1) std::this_thread::yield();
  open_waits::settle(*thread, waits::kLeastRecorded_ns, nullptr, note);
  CHECK(rest == 0);
  state = 2;
  while (state != 3) std::this_thread::yield();
  const uint64_t lived_ns = clock_source::monotonic_ns() - thread_times::of(*thread).begin_ns;
  const thread_times::Sums sums =
      open_waits::settle(*thread, waits::kLeastRecorded_ns, nullptr, note);
  CHECK(sums.ns[static_cast<unsigned>(thread_times::State::kCondition)] >= 50000000);
  CHECK(rest < static_cast<int64_t>(lived_ns + kSecond / 10) - 50000000);
  state = 4;
  waiter.join();
}

TEST_CASE("what is reported of a thread does not reach the next one that has its record") {
  thread_times::RecordedSum sum;
  sum.begin(100);
  CHECK(sum.grow_to(100, 5000000) == 5000000);
  CHECK(sum.add(100, 2000000) == 2000000);
  sum.begin(101);  // while another thread still has 100 in its hand
  CHECK(sum.grow_to(100, 9000000) == 0);
  CHECK(sum.add(100, 9000000) == 0);
  CHECK(sum.ns() == 0);
  CHECK(sum.grow_to(101, -1) == 0);
}
