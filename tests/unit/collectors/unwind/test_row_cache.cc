#include "collectors/unwind/row_cache.h"

#include <catch2/catch.hpp>
#include <memory>
#include <random>
#include <vector>

#include "tests/unit/tables/in_threads.h"

namespace {

constexpr uint64_t kAddresses = uint64_t{1} << 47;

// A row that tells its address, so that another's is recognised.
Row row_of(uint64_t pc) {
  return {RowKind::kFromSp, static_cast<uint32_t>(pc * 31 >> 7 & Row::kMaxWords),
          static_cast<uint32_t>(pc * 77 >> 9 & Row::kMaxWords)};
}

bool same(Row a, Row b) {
  return a.kind == b.kind && a.cfa_words == b.cfa_words && a.fp_words == b.fp_words;
}

}  // namespace

TEST_CASE("a row survives its packing, at the limits too") {
  for (const RowKind kind : {RowKind::kFromSp, RowKind::kFromFp, RowKind::kFramePointer,
                             RowKind::kOutermost, RowKind::kFull}) {
    for (const uint32_t words : {0u, 1u, 4096u, Row::kMaxWords}) {
      const Row row{kind, words, Row::kMaxWords - words};
      CHECK(same(Row::unpack(row.pack()), row));
      CHECK(row.pack() >> 29 == 0);
    }
  }
}

TEST_CASE("an empty cache holds nothing, for address 0 neither") {
  const auto cache = std::make_unique<RowCache>();
  for (const uint64_t pc : {uint64_t{0}, uint64_t{1}, kAddresses - 1, uint64_t{0x401000}}) {
    CHECK(cache->find(pc).kind == RowKind::kAbsent);
  }
}

TEST_CASE("the cache gives an address its own row or none, never another's") {
  const auto cache = std::make_unique<RowCache>();
  std::mt19937_64 random(1);
  std::vector<uint64_t> addresses;
  // Dense code, as in one object, and addresses from everywhere.
  for (uint64_t i = 0; i < 200000; i++) addresses.push_back(0x7f3300000000 + i);
  for (int i = 0; i < 200000; i++) addresses.push_back(random() % kAddresses);
  size_t wrong = 0;
  size_t kept = 0;
  for (const uint64_t pc : addresses) {
    if (const Row before = cache->find(pc); before.kind != RowKind::kAbsent) {
      wrong += !same(before, row_of(pc));
    }
    cache->put(pc, row_of(pc));
    wrong += !same(cache->find(pc), row_of(pc));
  }
  for (const uint64_t pc : addresses) {
    const Row row = cache->find(pc);
    if (row.kind == RowKind::kAbsent) continue;
    kept++;
    wrong += !same(row, row_of(pc));
  }
  CHECK(wrong == 0);
  CHECK(kept > 12000);  // of 16384 places
}

// Frames of one stack whose addresses collide must not drive each other out at every walk.
TEST_CASE("four addresses share a place, a fifth drives out the oldest") {
  const auto cache = std::make_unique<RowCache>();
  std::vector<uint64_t> colliding = {0x401000};
  const auto probe = std::make_unique<RowCache>();
  // A row that drives out the first one shares its place, and with it three others.
  for (uint64_t pc = 0x402000; colliding.size() < 5; pc++) {
    probe->put(colliding[0], row_of(colliding[0]));
    for (int i = 0; i < 4; i++) probe->put(pc, row_of(pc));
    if (probe->find(colliding[0]).kind == RowKind::kAbsent) colliding.push_back(pc);
  }
  for (size_t i = 0; i < 4; i++) cache->put(colliding[i], row_of(colliding[i]));
  for (size_t i = 0; i < 4; i++) CHECK(same(cache->find(colliding[i]), row_of(colliding[i])));
  cache->put(colliding[4], row_of(colliding[4]));
  CHECK(cache->find(colliding[0]).kind == RowKind::kAbsent);
  for (size_t i = 1; i < 5; i++) CHECK(same(cache->find(colliding[i]), row_of(colliding[i])));
}

TEST_CASE("a cleared cache holds nothing") {
  const auto cache = std::make_unique<RowCache>();
  for (uint64_t pc = 1; pc < 1000; pc++) cache->put(pc, row_of(pc));
  cache->clear();
  int left = 0;
  for (uint64_t pc = 1; pc < 1000; pc++) left += cache->find(pc).kind != RowKind::kAbsent;
  CHECK(left == 0);
}

TEST_CASE("threads that use the cache at once see whole rows") {
  const auto cache = std::make_unique<RowCache>();
  std::atomic<int> wrong{0};
  in_threads(4, [&](int me) {
    std::mt19937_64 random(static_cast<uint64_t>(me));
    for (int i = 0; i < 200000; i++) {
      const uint64_t pc = random() % 60000;
      const Row row = cache->find(pc);
      if (row.kind == RowKind::kAbsent) {
        cache->put(pc, row_of(pc));
      } else if (!same(row, row_of(pc))) {
        wrong++;
      }
    }
  });
  CHECK(wrong == 0);
}
