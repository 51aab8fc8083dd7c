#include "tables/tables.h"

#include <sys/mman.h>
#include <unistd.h>

#include <algorithm>
#include <catch2/catch.hpp>
#include <set>
#include <string>
#include <vector>

#include "tests/unit/tables/in_threads.h"
#include "tests/unit/tables/open_tables.h"

using layout::Ref;

namespace {

uint64_t refused() {
  return tables::header().counters[layout::kMemoryFull];
}

}  // namespace

TEST_CASE("tables that are not open give no memory and no texts") {
  CHECK(tables::allocate(8) == 0);
  CHECK(tables::text("x") == 0);
  CHECK(tables::label_set(nullptr, 0) == 0);
  tables::count(layout::kMemoryFull);  // and this does nothing
}

TEST_CASE("memory is zeroed, aligned, handed out once, and its end is counted") {
  const size_t limit = 256 * 1024;
  OpenTables open(limit);
  uint64_t end = tables::header().used;
  size_t given = 0;
  for (Ref r; (r = tables::allocate(20)) != 0; given++) {
    const uint64_t at = uint64_t{r} * layout::kRefUnit;
    REQUIRE(at == end);
    end = at + 24;
    auto* words = tables::made<uint64_t>(r);
    REQUIRE((words[0] | words[1] | words[2]) == 0);
    words[0] = words[1] = words[2] = ~uint64_t{0};
  }
  CHECK(limit - end < 24);
  CHECK(given > 6000);
  CHECK(refused() == 1);
  CHECK(tables::allocate(1 << 20) == 0);
  CHECK(refused() == 2);
  CHECK(tables::header().used <= limit);
}

TEST_CASE("a request larger than all memory is refused and takes nothing") {
  OpenTables open(128 * 1024);
  const uint64_t used = tables::header().used;
  CHECK(tables::allocate(size_t{1} << 62) == 0);
  CHECK(tables::header().used == used);
}

TEST_CASE("where the file below ends, memory is refused and no SIGBUS comes") {
  const int file = memfd_create("short", MFD_CLOEXEC);
  REQUIRE(ftruncate(file, 128 * 1024) == 0);
  OpenTables open(1 << 20, file);
  size_t bytes = 0;
  for (Ref r; (r = tables::allocate(1024)) != 0; bytes += 1024) *tables::made<uint64_t>(r) = 1;
  CHECK(bytes > 64 * 1024);
  CHECK(tables::header().committed == 128 * 1024);
  CHECK(tables::header().used <= 128 * 1024);
  CHECK(refused() >= 1);
  close(file);
}

TEST_CASE("threads that allocate at once get disjoint memory") {
  OpenTables open(4 << 20);
  std::vector<Ref> got[4];
  in_threads(4, [&](int me) {
    for (Ref r; (r = tables::allocate(64)) != 0;) got[me].push_back(r);
  });
  std::vector<Ref> all;
  for (const auto& one : got) all.insert(all.end(), one.begin(), one.end());
  std::sort(all.begin(), all.end());
  size_t overlaps = 0;
  for (size_t i = 1; i < all.size(); i++) overlaps += all[i] - all[i - 1] < 8;
  CHECK(overlaps == 0);
  CHECK(all.size() > 60000);
  CHECK(refused() == 4);
}

TEST_CASE("a text is kept once, whatever its bytes") {
  OpenTables open;
  const std::string_view texts[] = {"",         "a",        "ab", std::string_view("a\0b", 3),
                                    "12345678", "123456789"};
  std::set<Ref> refs;
  for (const std::string_view t : texts) {
    const Ref r = tables::text(t);
    REQUIRE(r != 0);
    refs.insert(r);
    CHECK(tables::text(t) == r);
    const layout::Text& kept = *tables::made<layout::Text>(r);
    CHECK(std::string_view(kept.bytes, kept.length) == t);
  }
  CHECK(refs.size() == std::size(texts));
}

TEST_CASE("a set of labels is kept once, in its order; an empty one is none") {
  OpenTables open;
  layout::Label pair[2] = {};
  pair[0].key = tables::text("tenant");
  pair[0].text = tables::text("a");
  pair[1].key = tables::text("tries");
  pair[1].number = -3;
  const Ref both = tables::label_set(pair, 2);
  CHECK(both != 0);
  CHECK(tables::label_set(pair, 2) == both);
  CHECK(tables::label_set(pair, 1) != both);
  std::swap(pair[0], pair[1]);
  CHECK(tables::label_set(pair, 2) != both);
  CHECK(tables::label_set(pair, 0) == 0);
}

TEST_CASE("threads that intern the same texts at once agree, and each text is there once") {
  constexpr int kTexts = 5000;
  OpenTables open(16 << 20);
  std::vector<Ref> got[4];
  in_threads(4, [&](int me) {
    for (int i = 0; i < kTexts; i++) got[me].push_back(tables::text("text " + std::to_string(i)));
  });
  for (int me = 1; me < 4; me++) CHECK(got[me] == got[0]);
  int entries = 0;
  OpenTables::for_each<layout::Text>(tables::header().texts, [&](auto&) { entries++; });
  CHECK(entries == kTexts + 1);  // and the program's name
}

TEST_CASE("full tables still find what is in them") {
  OpenTables open(128 * 1024);
  const Ref known = tables::text("known");
  OpenTables::fill_up();
  CHECK(tables::text("known") == known);
  CHECK(tables::text("unknown") == 0);
}

TEST_CASE("notes that change with each dump take the memory of two, and the last one stands") {
  OpenTables open(256 * 1024);
  const auto note = [] { return tables::text_at(tables::header().note); };
  CHECK(note().empty());
  tables::tell_note("first");
  const layout::Ref first = tables::header().note;
  CHECK(note() == "first");
  tables::tell_note("second");
  const uint64_t used = tables::bounds.used;
  CHECK(tables::text_at(first) == "first");  // for a reader meanwhile
  for (int i = 0; i < 1000; i++) tables::tell_note("note " + std::to_string(i));
  CHECK(note() == "note 999");
  CHECK(tables::bounds.used == used);
  tables::tell_note(std::string(2 * tables::kLongestNote, 'x'));
  CHECK(note() == std::string(tables::kLongestNote, 'x'));
}
