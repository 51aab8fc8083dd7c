// Which addresses the filter of the live table passes on, among those that allocators give.
#include <algorithm>
#include <catch2/catch.hpp>
#include <cstdlib>
#include <memory>
#include <random>
#include <vector>

#include "collectors/counts/live_table.h"
#include "collectors/counts/sampler.h"
#include "tests/unit/collectors/counts/live_content.h"
#include "tests/unit/tables/open_tables.h"

namespace {

using Addresses = std::vector<uint64_t>;

constexpr size_t kPage = 4096;

const void* pointer(uint64_t address) {
  return reinterpret_cast<const void*>(address);
}

struct Fixture {
  OpenTables open{16 << 20};
  Fixture() { live_table::clear(); }
  ~Fixture() { live_table::clear(); }
};

void insert_all(const Addresses& blocks) {
  for (uint64_t a : blocks) live_content::put_in(pointer(a), {1, 1});
}

// The share of `others` that is sent on for nothing; those that are live must all be.
double false_share(const Addresses& live, const Addresses& others) {
  insert_all(live);
  for (uint64_t a : live) REQUIRE(live_table::may_hold(pointer(a)));
  const auto held = std::count_if(others.begin(), others.end(),
                                  [](uint64_t a) { return live_table::may_hold(pointer(a)); });
  return static_cast<double>(held) / static_cast<double>(others.size());
}

// `count` blocks from `first` on, each next() bytes behind the one before; `live` of them, drawn
// evenly, are in the table.
template <typename Next>
double false_share_of_row(uint64_t first, size_t count, size_t live, Next next) {
  Fixture fixture;
  Addresses blocks;
  for (uint64_t a = first; blocks.size() < count; a += next()) blocks.push_back(a);
  std::shuffle(blocks.begin(), blocks.end(), std::mt19937_64(7));
  const auto middle = blocks.begin() + static_cast<ptrdiff_t>(live);
  return false_share({blocks.begin(), middle}, {middle, blocks.end()});
}

// Blocks of this process's malloc, sampled every 512 KiB.
double false_share_of_malloc(size_t smallest, size_t largest, size_t total_bytes) {
  Fixture fixture;
  std::mt19937_64 random(11);
  uint64_t state = 5;
  uint64_t countdown = sampler::next_countdown(state, 512 << 10);
  std::vector<std::unique_ptr<void, decltype(&free)>> blocks;
  Addresses live, others;
  for (size_t total = 0; total < total_bytes;) {
    const size_t size = smallest + random() % (largest - smallest + 1);
    blocks.emplace_back(malloc(size), &free);
    const auto address = reinterpret_cast<uint64_t>(blocks.back().get());
    const bool sampled = size > countdown;
    (sampled ? live : others).push_back(address);
    countdown = sampled ? sampler::next_countdown(state, 512 << 10) : countdown - size;
    total += size;
  }
  return false_share(live, others);
}

size_t pages_with_counts() {
  size_t pages = 0;
  for (size_t i = 0; i < sizeof live_table::filter; i += kPage)
    pages += std::any_of(live_table::filter + i, live_table::filter + i + kPage,
                         [](const auto& cell) { return cell != 0; });
  return pages;
}

}  // namespace

TEST_CASE("small blocks of malloc share a cell with a sampled one in a few of a thousand") {
  CHECK(false_share_of_malloc(16, 64, 40 << 20) < 0.006);
  CHECK(false_share_of_malloc(16, 4096, 100 << 20) < 0.004);
}

TEST_CASE("20,000 live blocks among 10 GB of any size cost one free in a hundred a look") {
  std::mt19937_64 random(3);
  CHECK(false_share_of_row(0x7f0000000010, 200000, 20000,
                           [&] { return 16 + random() % 6400 * 16; }) < 0.02);
}

TEST_CASE("blocks of whole pages and blocks with mappings of their own spread over the filter") {
  std::mt19937_64 random(3);
  const auto mapped = [&] { return kPage * (33 + random() % 224); };  // malloc's, 132 KiB to 1 MiB
  CHECK(false_share_of_row(0x7f0000000010, 60000, 20000, mapped) < 0.02);
  const auto page_classes = [&] { return kPage * (1 + random() % 4); };  // jemalloc's, tcmalloc's
  CHECK(false_share_of_row(0x7f0000000000, 300000, 20000, page_classes) < 0.02);
}

TEST_CASE("blocks a power of two apart do not meet in few cells") {
  for (const unsigned shift : {12u, 13u, 16u, 18u}) {
    INFO("distance 2^" << shift);
    const size_t count = (uint64_t{1} << 32) >> shift < 60000 ? 12000 : 60000;
    CHECK(false_share_of_row(0x600000000010, count, count / 3, [&] { return 1ull << shift; }) <
          0.02);
  }
}

TEST_CASE("the filter touches memory in step with the heap") {
  Fixture fixture;
  Addresses blocks;
  for (uint64_t i = 0; i < 1000; i++) blocks.push_back(0x555500000010 + i * 64 * 1024);
  insert_all(blocks);               // 62.5 MiB
  CHECK(pages_with_counts() <= 9);  // a page for 8 MiB
}

TEST_CASE("a cell with 255 and more blocks says yes for ever, and no block is lost") {
  Fixture fixture;
  Addresses same_cell;
  constexpr uint64_t kAgain = 1ull << (live_table::kCellShift + live_table::kFilterBits);
  for (uint64_t n = 0; same_cell.size() < 300; n++) {
    same_cell.push_back(0x100000000000 + n * kAgain);
  }
  const uint64_t wanted = live_table::cell_of(same_cell[0]);
  for (uint64_t a : same_cell) REQUIRE(live_table::cell_of(a) == wanted);
  insert_all(same_cell);
  LiveEntry entry{};
  int removed = 0;
  for (uint64_t a : same_cell)
    removed += live_table::may_hold(pointer(a)) && live_table::remove(pointer(a), &entry);
  CHECK(removed == 300);
  CHECK(live_table::may_hold(pointer(same_cell[0])));
  live_table::clear();
  CHECK(!live_table::may_hold(pointer(same_cell[0])));
}

TEST_CASE("any address may be asked about, and none is held by an empty filter") {
  Fixture fixture;
  for (uint64_t a : {uint64_t{0}, uint64_t{1}, ~uint64_t{0}, uint64_t{1} << 63, uint64_t{1} << 56})
    CHECK(!live_table::may_hold(pointer(a)));
}

TEST_CASE("a cleared filter is empty, wherever it was written") {
  Fixture fixture;
  std::mt19937_64 random(1);
  for (int i = 0; i < 5000; i++)
    live_content::put_in(pointer(0x7e0000000000 + random() % (1ull << 36)), {1, 1});
  CHECK(pages_with_counts() > 100);
  live_table::clear();
  CHECK(pages_with_counts() == 0);
}
