#include "program/agent/http/shared_turns.h"

#include <atomic>
#include <catch2/catch.hpp>
#include <thread>
#include <vector>

using Turns = program::SharedTurns<int, int>;

namespace {

std::function<bool()> never = [] { return false; };

}  // namespace

TEST_CASE("requests that wait for a making share the next one, and never the one before them") {
  Turns turns;
  std::atomic<int> made = 0, arrived = 0;
  std::atomic<bool> is_free = false;
  const auto make = [&]() -> Turns::Made {
    const int number = ++made;
    while (!is_free) std::this_thread::yield();
    return std::make_shared<const int>(number);
  };
  Turns::Made first;
  std::thread leader([&] { first = turns.take(1, make, never); });
  while (made == 0) std::this_thread::yield();
  std::vector<Turns::Made> others(8);
  std::vector<std::thread> threads;
  for (Turns::Made& other : others) {
    // It asks whether it is over while it waits: from then on it has arrived.
    threads.emplace_back([&] {
      bool is_counted = false;
      other = turns.take(1, make, [&] {
        if (!is_counted) arrived++;
        is_counted = true;
        return false;
      });
    });
  }
  while (arrived != 8) std::this_thread::yield();
  CHECK(made == 1);
  is_free = true;
  leader.join();
  for (std::thread& thread : threads) thread.join();
  CHECK(*first == 1);
  CHECK(made == 2);
  for (const Turns::Made& other : others) CHECK(other == others[0]);
  CHECK(*others[0] == 2);
}

TEST_CASE(
    "a value that no request has any more is made again, and keys do not wait for each other") {
  Turns turns;
  std::weak_ptr<const int> old;
  {
    const Turns::Made made = turns.take(
        1, [] { return std::make_shared<const int>(5); }, never);
    old = made;
    // The other key, during the making of this one.
    const auto nested = [&] {
      return turns.take(
          2, [] { return std::make_shared<const int>(6); }, never);
    };
    CHECK(*turns.take(1, nested, never) == 6);
  }
  CHECK(old.expired());
  CHECK(*turns.take(
            1, [] { return std::make_shared<const int>(7); }, never) == 7);
}

TEST_CASE("a request that fails or ends leaves the turn to the next one") {
  Turns turns;
  CHECK(turns.take(
            1, [] { return nullptr; }, never) == nullptr);
  const auto make = [&]() -> Turns::Made {
    CHECK(turns.take(
              1, [] { return nullptr; }, [] { return true; }) == nullptr);
    return std::make_shared<const int>(1);
  };
  CHECK(turns.take(1, make, never) != nullptr);
}
