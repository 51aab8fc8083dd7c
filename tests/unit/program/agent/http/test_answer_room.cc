// The room that answers share.
#include <atomic>
#include <catch2/catch.hpp>
#include <chrono>
#include <thread>

#include "program/agent/http/answer_room.h"
#include "program/agent/http/lasting_requests.h"

using program::AnswerRoom;

namespace {

bool is_full(AnswerRoom& room, size_t bytes) {
  int looks = 0;
  return room.take(bytes, [&] { return ++looks > 2; }) == nullptr;
}

}  // namespace

TEST_CASE("two answers are made at a time, and the next one begins when one is made") {
  AnswerRoom room;
  auto one = room.take(1, {}), other = room.take(1, {});
  CHECK(is_full(room, 1));
  one->keep(1);
  CHECK_FALSE(is_full(room, 1));
  CHECK_FALSE(is_full(room, 1));  // it gave its place back
}

TEST_CASE(
    "a large answer is made without another large one, but does not keep a small one waiting") {
  AnswerRoom room;
  constexpr size_t kMiB = 1 << 20;
  auto large = room.take(20 * kMiB, {});
  CHECK(is_full(room, 20 * kMiB));
  CHECK_FALSE(is_full(room, 2 * kMiB));
  large->keep(10 * kMiB);
  auto small = room.take(2 * kMiB, {});
  CHECK_FALSE(is_full(room, 20 * kMiB));
}

TEST_CASE("answers that are made take room until they are sent") {
  AnswerRoom room;
  constexpr size_t kMiB = 1 << 20;
  auto one = room.take(1 * kMiB, {});
  one->keep(36 * kMiB);
  CHECK(is_full(room, 30 * kMiB));
  CHECK_FALSE(is_full(room, 1 * kMiB));
  one.reset();
  CHECK_FALSE(is_full(room, 30 * kMiB));
}

TEST_CASE("an answer that is larger than the room is made alone") {
  AnswerRoom room;
  auto large = room.take(size_t{1} << 30, {});
  REQUIRE(large != nullptr);
  CHECK(is_full(room, 1));
}

TEST_CASE("a request that waits for room goes on when there is some") {
  AnswerRoom room;
  auto one = room.take(1, {}), other = room.take(1, {});
  std::atomic<bool> has_room{false};
  std::thread waiter([&] {
    const auto place = room.take(1, {});
    has_room = true;
  });
  while (!room.has_waiters()) std::this_thread::yield();
  CHECK_FALSE(has_room);
  one.reset();
  waiter.join();
  CHECK(has_room);
}

TEST_CASE(
    "requests of an hour leave places for those of a minute, and all for those without time") {
  program::LastingRequests all;
  std::vector<std::unique_ptr<program::LastingRequests::Place>> places;
  while (auto place = all.take(3600)) places.push_back(std::move(place));
  CHECK(places.size() == 64);
  while (auto place = all.take(60)) places.push_back(std::move(place));
  CHECK(places.size() == 160);  // of 256 connections
  places.erase(places.begin());
  CHECK(all.take(3600) != nullptr);
}
