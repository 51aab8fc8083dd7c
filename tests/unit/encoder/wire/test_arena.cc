#include <catch2/catch.hpp>

#include "encoder/wire/arena.h"
#include "encoder/wire/arena_set.h"
#include "tests/unit/encoder/decoded.h"

namespace {

struct Number {
  uint64_t value;
  uint64_t hash(uint64_t seed) const { return encoder::mixed(value, seed); }
  bool same(const Number& other) const { return value == other.value; }
};

}  // namespace

TEST_CASE("an arena never takes more than its limit and aligns what it gives", "[encoder]") {
  TestBlocks blocks;
  encoder::Arena arena(blocks.source(), 1000000);
  size_t given = 0;
  for (size_t size = 1; void* p = arena.allocate(size); size = size * 5 % 9973 + 1) {
    CHECK(reinterpret_cast<uintptr_t>(p) % 16 == 0);
    std::memset(p, 1, size);
    given += size;
  }
  CHECK(arena.taken_bytes() <= 1000000);
  CHECK(given > 900000);
  CHECK(arena.allocate(SIZE_MAX) == nullptr);
  CHECK(arena.allocate(SIZE_MAX - 15) == nullptr);
}

TEST_CASE("what an arena holds back is there later", "[encoder]") {
  TestBlocks blocks;
  encoder::Arena arena(blocks.source(), 1000000);
  arena.hold_back(300000);
  while (arena.allocate(1000) != nullptr) continue;
  CHECK(arena.taken_bytes() <= 700000);
  arena.give_back();
  CHECK(arena.allocate(250000) != nullptr);
}

TEST_CASE("a source without blocks is no memory", "[encoder]") {
  encoder::Arena arena({[](void*, size_t) -> void* { return nullptr; }, nullptr}, 1000000);
  CHECK(arena.allocate(1) == nullptr);
  encoder::ArenaSet<Number> set(arena);
  CHECK(set.find({1}) == encoder::kNone);
  CHECK(set.add({1}) == encoder::kNone);
}

TEST_CASE("a set finds each of a hundred thousand elements at its index", "[encoder]") {
  TestBlocks blocks;
  encoder::Arena arena(blocks.source(), size_t{16} << 20);
  encoder::ArenaSet<Number> set(arena);
  for (uint64_t i = 0; i < 100000; i++) REQUIRE(set.add({i * i}) == i);
  for (uint64_t i = 0; i < 100000; i++) REQUIRE(set.find({i * i}) == i);
  CHECK(set.find({3}) == encoder::kNone);
}

TEST_CASE("a set that finds no more memory keeps what it has", "[encoder]") {
  TestBlocks blocks;
  encoder::Arena arena(blocks.source(), size_t{100} << 10);
  encoder::ArenaSet<Number> set(arena);
  uint64_t count = 0;
  while (set.add({count}) != encoder::kNone) count++;
  CHECK(count > 1000);
  for (uint64_t i = 0; i < count; i++) REQUIRE(set.find({i}) == i);
}
