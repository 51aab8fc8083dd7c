#include "collectors/waits/wakeups.h"

#include <catch2/catch.hpp>
#include <deque>

#include "tests/unit/tables/open_tables.h"

namespace {

using waits::Kind;
using waits::Wait;

// Wakes are followed while this lives.
struct Followed {
  Followed() { wakeups::follow(true); }
  ~Followed() { wakeups::follow(false); }
};

// So many wait for the object, the first the longest.
std::deque<Wait> waiting(Kind kind, const void* object, unsigned count) {
  std::deque<Wait> all;
  for (unsigned i = 0; i < count; i++) {
    all.emplace_back(kind, object, Caller{0x1000, 0x9000, 0}, nullptr);
  }
  return all;
}

uint64_t wake_of(Wait& wait, bool was_let_in = true) {
  wait.over(was_let_in);
  return wait.wake();
}

}  // namespace

TEST_CASE("the waiter that gets a lock knows the last thread that released it") {
  const Followed followed;
  const int lock = 0;
  auto all = waiting(Kind::kMutex, &lock, 2);
  CHECK(wakeups::tell_all(&lock, 11).count == 2);
  CHECK(wake_of(all[1]) == 11);
  CHECK(wakeups::tell_all(&lock, 12).count == 1);
  CHECK(wake_of(all[0]) == 12);
  CHECK(wakeups::tell_all(&lock, 13).count == 0);
}

TEST_CASE("a wait that ended by itself has no waker") {
  const Followed followed;
  const int lock = 0;
  auto all = waiting(Kind::kMutex, &lock, 1);
  wakeups::tell_all(&lock, 11);
  CHECK(wake_of(all[0], false) == 0);
}

TEST_CASE("a writer's release tells readers and writers, a reader's the writers alone") {
  const Followed followed;
  const int lock = 0;
  auto readers = waiting(Kind::kReadLock, &lock, 2);
  auto writers = waiting(Kind::kWriteLock, &lock, 1);
  CHECK(wakeups::tell_all(&lock, Kind::kWriteLock, 21).count == 1);
  CHECK(wake_of(readers[0]) == 0);
  CHECK(wake_of(writers[0]) == 21);
  CHECK(wakeups::tell_all(&lock, 22).count == 1);
  CHECK(wake_of(readers[1]) == 22);
}

TEST_CASE("signals go to those that have waited longest, each to one") {
  const Followed followed;
  const int condition = 0;
  auto all = waiting(Kind::kCondition, &condition, 3);
  CHECK(wakeups::tell_oldest(&condition, 31, 1).count == 1);
  CHECK(wakeups::tell_oldest(&condition, 32, 1).count == 1);
  CHECK(wake_of(all[0]) == 31);
  CHECK(wake_of(all[1]) == 32);
  CHECK(wake_of(all[2], false) == 0);
}

TEST_CASE("a wake goes to another waiter where the notified one gave up or went first") {
  const Followed followed;
  const int semaphore = 0;
  auto all = waiting(Kind::kSemaphore, &semaphore, 3);
  wakeups::tell_oldest(&semaphore, 41, 1);
  CHECK(wake_of(all[0], false) == 0);  // timed out: the next has it
  CHECK(wake_of(all[2]) == 41);        // but another was quicker
  CHECK(wakeups::tell_oldest(&semaphore, 42, 1).count == 1);
  CHECK(wake_of(all[1]) == 42);
}

TEST_CASE(
    "waiters beyond the number that the kernel woke lose their notification, the youngest first") {
  const Followed followed;
  const int word = 0;
  auto all = waiting(Kind::kFutex, &word, 4);
  CHECK(wakeups::tell_oldest(&word, 51, 4).count == 4);
  wakeups::keep(&word, 51, 2);
  CHECK(wakeups::tell_oldest(&word, 52, 1).count == 1);
  CHECK(wake_of(all[0]) == 51);
  CHECK(wake_of(all[1]) == 51);
  CHECK(wake_of(all[2]) == 52);
  CHECK(wake_of(all[3], false) == 0);
}

TEST_CASE("where no waiter is left to be notified, the longest waiting is notified anew") {
  const Followed followed;
  const int semaphore = 0;
  auto all = waiting(Kind::kSemaphore, &semaphore, 1);
  wakeups::tell_oldest(&semaphore, 61, 1);
  CHECK(wakeups::tell_oldest(&semaphore, 62, 1).count == 0);
  CHECK(wakeups::tell_anew(&semaphore, 62).count == 1);
  CHECK(wake_of(all[0]) == 62);
}
