#include <catch2/catch.hpp>

#include "encoder/wire/string_table.h"
#include "tests/unit/encoder/decoded.h"

namespace {

struct Fixture {
  TestBlocks blocks;
  encoder::Arena arena{blocks.source(), size_t{1} << 20};
  encoder::StringTable table{arena};
  Fixture() { REQUIRE(table.open()); }
  std::string kept(std::string_view text) { return std::string(table[table.intern(text)]); }
};

}  // namespace

TEST_CASE_METHOD(Fixture, "the first string is empty and equal strings share an index",
                 "[encoder]") {
  CHECK(table.intern("") == 0);
  const uint32_t a = table.intern("alpha");
  const uint32_t b = table.intern("beta");
  CHECK(a != b);
  CHECK(table.intern("alpha") == a);
  CHECK(table.count() == 3);
}

TEST_CASE_METHOD(Fixture, "bytes that are no UTF-8 become underscores, the rest stays",
                 "[encoder]") {
  CHECK(kept("gr\xc3\xbc\xc3\x9f \xe2\x82\xac \xf0\x9f\x98\x80") ==
        "gr\xc3\xbc\xc3\x9f \xe2\x82\xac \xf0\x9f\x98\x80");
  CHECK(kept("a\xffz") == "a_z");
  CHECK(kept("\xc3") == "_");                 // cut off
  CHECK(kept("\xc0\x80") == "__");            // overlong
  CHECK(kept("\xe0\x80\x80") == "___");       // overlong
  CHECK(kept("\xed\xa0\x80") == "___");       // a surrogate
  CHECK(kept("\xf4\x90\x80\x80") == "____");  // above U+10FFFF
  CHECK(kept("\xe2\x82z") == "__z");
}

TEST_CASE_METHOD(Fixture, "a string is put together of texts, numbers and hexadecimal bytes",
                 "[encoder]") {
  const uint8_t bytes[] = {0x00, 0xAb};
  table.start().add("n=").add_number(0).add(" ").add_number(7, 3).add(" ").add_number(UINT64_MAX);
  CHECK(table[table.add(" ").add_hex(bytes, 2).finish()] == "n=0 007 18446744073709551615 00ab");
}

TEST_CASE_METHOD(Fixture, "control characters of a line become spaces", "[encoder]") {
  CHECK(table[table.start().add(std::string_view("a\0b\nc\x7f", 6)).finish_as_line()] == "a b c ");
}

TEST_CASE_METHOD(Fixture, "a string that is too long is cut between characters", "[encoder]") {
  std::string euros;
  while (euros.size() < 10000) euros += "\xe2\x82\xac";
  const std::string cut = kept("x" + euros);
  CHECK(cut.size() <= encoder::StringTable::kMaxLength);
  CHECK(cut.size() > encoder::StringTable::kMaxLength - 3);
  CHECK(cut.find('_') == std::string::npos);
  CHECK(encoder::cut("abc", 2) == "ab");
  CHECK(encoder::cut("\xe2\x82\xac", 2).empty());
  CHECK(encoder::cut("\x80\x80\x80\x80\x80", 4).size() == 4);  // no character to respect
}

TEST_CASE_METHOD(Fixture, "a label key keeps the kind of its first use", "[encoder]") {
  using Kind = encoder::StringTable::Kind;
  const uint32_t key = table.intern("key");
  CHECK(table.use_as_key(key, Kind::kNumber));
  CHECK(table.use_as_key(key, Kind::kNumber));
  CHECK_FALSE(table.use_as_key(key, Kind::kText));
}

TEST_CASE("without memory a new string is the empty one and a known one is found", "[encoder]") {
  TestBlocks blocks;
  encoder::Arena arena(blocks.source(), size_t{64} << 10);
  encoder::StringTable table(arena);
  REQUIRE(table.open());
  const uint32_t known = table.intern("known");
  while (arena.allocate(16) != nullptr) continue;
  CHECK(table.intern("new") == 0);
  CHECK(table.intern("known") == known);
}
