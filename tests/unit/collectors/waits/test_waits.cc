#include "collectors/waits/waits.h"

#include <time.h>

#include <catch2/catch.hpp>
#include <deque>

#include "collectors/life/thread.h"
#include "env/sys/thread_state.h"
#include "tests/unit/tables/open_tables.h"

namespace {

using waits::Kind;
using waits::Wait;

constexpr uint64_t kMs = 1000000;

void pause_ms(long ms) {
  const timespec t{0, ms * 1000000};
  nanosleep(&t, nullptr);
}

Caller frame_at(uint64_t sp) {
  return {0x1000, sp, 0};
}

// The calling thread has a record while this lives.
struct Known {
  OpenTables open{4 << 20};
  Thread* thread = threads::acquire();
  Known() { threads::begin_main(*thread); }
  ~Known() { threads::end(*thread); }
};

// Waits are entered under their locks while this lives.
struct Followed {
  Followed() { waits::follow_charges(waits::Charges::kAll); }
  ~Followed() { waits::follow_charges(waits::Charges::kNone); }
};

}  // namespace

TEST_CASE("the releasing thread takes the time of its lock's waiters once, and of no other's") {
  const Followed followed;
  const int lock = 0, other = 0;
  Wait first(Kind::kMutex, &lock, frame_at(0x9000), nullptr);
  Wait second(Kind::kMutex, &lock, frame_at(0x8000), nullptr);
  Wait elsewhere(Kind::kMutex, &other, frame_at(0x7000), nullptr);
  pause_ms(5);
  CHECK(waits::may_wait_for(&lock));
  const waits::ContentionCharge charge = waits::charge_waiters(&lock);
  CHECK(charge.delay_ns >= 10 * kMs);
  CHECK(charge.delay_ns < 500 * kMs);
  CHECK(waits::charge_waiters(&lock).delay_ns < 5 * kMs);
  CHECK(first.over() >= 5 * kMs);
  second.over();
  CHECK(waits::charge_waiters(&lock).delay_ns == 0);
  CHECK(waits::charge_waiters(&other).delay_ns >= 5 * kMs);
  elsewhere.over();
  CHECK_FALSE(waits::may_wait_for(&lock));
  CHECK_FALSE(waits::may_wait_for(&other));
}

TEST_CASE("eight hundred waiters for one lock are all found, and all leave") {
  const Followed followed;
  const int lock = 0;
  std::deque<Wait> all;
  for (unsigned i = 0; i < 800; i++)
    all.emplace_back(Kind::kMutex, &lock, frame_at(0x9000), nullptr);
  pause_ms(2);
  CHECK(waits::charge_waiters(&lock).delay_ns >= 1600 * kMs);
  for (Wait& wait : all) wait.over();
  CHECK(waits::charge_waiters(&lock).delay_ns == 0);
}

TEST_CASE("a wait shows itself while it lasts, and one that it interrupted comes back") {
  Known known;
  const waits::Published& now = waits::of(*known.thread).now;
  const int lock = 0;
  Wait outer(Kind::kCondition, nullptr, frame_at(0x9000), nullptr);
  CHECK(now.kind == static_cast<uint32_t>(Kind::kCondition));
  {
    Wait inner(Kind::kMutex, &lock, frame_at(0x8000), nullptr);  // of a handler
    CHECK(now.kind == static_cast<uint32_t>(Kind::kMutex));
    CHECK(now.sp == 0x8000);
    inner.over();
  }
  CHECK(now.kind == static_cast<uint32_t>(Kind::kCondition));
  CHECK(now.sp == 0x9000);
  outer.over();
  CHECK(now.kind == 0);
}

TEST_CASE("a wait that was left by a jump is gone with the next on that stack") {
  const Followed followed;
  Known known;
  const int lock = 0, next = 0;
  for (int i = 0; i < 100000; i++)
    Wait(Kind::kMutex, &lock, frame_at(0x8000), nullptr);  // never over
  CHECK(waits::may_wait_for(&lock));
  Wait after(Kind::kMutex, &next, frame_at(0x9000), nullptr);
  CHECK(waits::charge_waiters(&lock).delay_ns == 0);
  after.over();
  CHECK(waits::of(*known.thread).now.kind == 0);
}

TEST_CASE("a thread that ends in a wait leaves none behind") {
  const Followed followed;
  Known known;
  const int lock = 0;
  Wait(Kind::kMutex, &lock, frame_at(0x8000), nullptr);
  waits::thread_ending(waits::of(*known.thread));
  CHECK_FALSE(waits::may_wait_for(&lock));
  CHECK(waits::of(*known.thread).now.kind == 0);
}

TEST_CASE("the holder's state is the wait that took most of the time, else it ran") {
  Known known;
  const uint64_t start = waits::of(*known.thread).last_end_ns;
  CHECK(waits::state_since(start + 1) == Kind::kNone);
  Wait wait(Kind::kSemaphore, nullptr, frame_at(0x8000), nullptr);
  pause_ms(5);
  wait.over();
  const uint64_t began = waits::of(*known.thread).last_start_ns;
  CHECK(waits::state_since(began) == Kind::kSemaphore);
  pause_ms(20);
  CHECK(waits::state_since(began) == Kind::kNone);
}

TEST_CASE("a wait that a jump has left is over when its thread runs above it") {
  Known known;
  Wait left(Kind::kIo, nullptr, frame_at(0x9000), nullptr);
  CHECK(waits::of(*known.thread).now.kind == static_cast<uint32_t>(Kind::kIo));
  waits::running_at(0x8f00);
  CHECK(waits::of(*known.thread).now.kind == static_cast<uint32_t>(Kind::kIo));
  waits::running_at(0x9100);
  CHECK(waits::of(*known.thread).now.kind == 0);
}

TEST_CASE(
    "a call that never left the processor shows nothing of itself, and what it interrupted again") {
  Known known;
  Wait outer(Kind::kIo, nullptr, frame_at(0x9000), nullptr);
  Wait inner(Kind::kSleep, nullptr, frame_at(0x8000), nullptr);
  CHECK(inner.was_none() == 0);
  CHECK(waits::of(*known.thread).now.kind == static_cast<uint32_t>(Kind::kIo));
  CHECK(waits::of(*known.thread).now.sp == 0x9000);
  outer.was_none();
  CHECK(waits::of(*known.thread).now.kind == 0);
}

TEST_CASE("without a request for charges a wait is not entered under its lock") {
  Known known;
  const int lock = 0;
  Wait wait(Kind::kMutex, &lock, frame_at(0x9000), nullptr);
  CHECK_FALSE(waits::may_wait_for(&lock));
  wait.over();
}
