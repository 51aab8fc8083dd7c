// The live table in the hands of several threads.
#include <atomic>
#include <catch2/catch.hpp>
#include <random>
#include <thread>

#include "tests/unit/collectors/counts/live_content.h"
#include "tests/unit/tables/in_threads.h"

using namespace live_content;

TEST_CASE("a block that two threads free at once is taken out once") {
  Fixture fixture;
  constexpr int kRounds = 100000;
  put_in(address(1), {1, 1});  // in the same cell: a count too few would lose it
  std::atomic<int> taken{0}, arrived{0};
  const auto meet = [&](int at) {
    arrived++;
    for (int i = 1; arrived < at; i++)
      if (i % 4096 == 0) std::this_thread::yield();
  };
  in_threads(2, [&](int me) {
    std::mt19937_64 random(static_cast<uint64_t>(me) + 1);
    for (int i = 0; i < kRounds; i++) {
      if (me == 0) put_in(address(0), {1, 1});
      meet(4 * i + 2);
      // The thread that comes last runs on first: a few turns of waiting let them meet.
      for (uint64_t turns = random() % 128; turns > 0; turns--) asm volatile("");
      LiveEntry entry{};
      taken += live_table::remove(address(0), &entry);
      meet(4 * i + 4);
    }
  });
  CHECK(taken == kRounds);
  CHECK(in_filter() == 1);
  CHECK(live_table::may_hold(address(1)));
}

TEST_CASE("sixteen threads that exchange blocks leave exactly what is theirs") {
  Fixture fixture;
  constexpr uint64_t kSlots = 512;
  // 0: free; else the size of the block that lives there. Taking a slot takes the block.
  static std::atomic<uint64_t> slots[kSlots];
  for (auto& slot : slots) slot = 0;
  std::atomic<int> wrong{0};
  in_threads(16, [&](int me) {
    std::mt19937_64 random(static_cast<uint64_t>(me) + 1);
    constexpr uint64_t kTaken = ~uint64_t{0};
    for (int i = 0; i < 50000; i++) {
      const uint64_t n = random() % kSlots;
      const uint64_t size = slots[n].exchange(kTaken);
      if (size == kTaken) continue;  // another thread is at it and writes it back
      LiveEntry entry{};
      const bool was = live_table::may_hold(address(n)) && live_table::remove(address(n), &entry);
      if (was != (size != 0) || (was && (entry.size != size || entry.sample != size % 1000 + 1)))
        wrong++;
      const uint64_t next = random() % 4 == 0 ? 0 : 1 + random() % 100000;
      if (next != 0) put_in(address(n), {next, static_cast<layout::Ref>(next % 1000 + 1)});
      slots[n] = next;
    }
  });
  CHECK(wrong == 0);
  uint64_t bytes = 0;
  uint64_t live = 0;
  for (const auto& slot : slots) {
    bytes += slot;
    live += slot != 0;
  }
  CHECK(content().live == live);
  CHECK(content().bytes == bytes);
  CHECK(in_filter() == live);
  CHECK(content().entries < 2 * kSlots);
}

TEST_CASE(
    "sixteen threads fill the table at once and no block is lost on the way to the large one") {
  OpenTables open(16 << 20);
  live_table::clear();
  constexpr int kThreads = 16;
  constexpr uint64_t kEach = 5000;
  std::atomic<uint64_t> found{0};
  in_threads(kThreads, [&](int me) {
    const uint64_t first = static_cast<uint64_t>(me) * kEach;
    for (uint64_t i = first; i < first + kEach; i++) put_in(address(i), {i, 1});
    for (uint64_t i = first; i < first + kEach; i += 2) {
      LiveEntry entry{};
      found += live_table::may_hold(address(i)) && live_table::remove(address(i), &entry) &&
               entry.size == i;
    }
  });
  CHECK(found == kThreads * kEach / 2);
  CHECK(content().live == kThreads * kEach / 2);
  CHECK(in_filter() == kThreads * kEach / 2);
  CHECK(tables::header().counters[layout::kLiveLost] == 0);
}
