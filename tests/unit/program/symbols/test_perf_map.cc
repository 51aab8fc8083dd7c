#include "program/symbols/perf_map.h"

#include <catch2/catch.hpp>
#include <chrono>
#include <random>
#include <string>

using program::find_in_perf_map;
using program::parse_perf_map_line;
using program::PerfMapLine;
using program::PerfMapNames;

namespace {

using Addresses = std::vector<uint64_t>;

// The names of the addresses, comma between.
std::string names(std::string_view text, const Addresses& addresses) {
  std::string joined;
  const PerfMapNames found = find_in_perf_map(text, addresses);
  for (const std::string_view name : found.names) {
    joined += (joined.empty() ? "" : ",") + (name.empty() ? "-" : std::string(name));
  }
  return joined;
}

bool is_line(std::string_view text) {
  PerfMapLine line;
  return parse_perf_map_line(text, &line);
}

}  // namespace

TEST_CASE("a line is a start, a size and a name that may have blanks") {
  PerfMapLine line;
  REQUIRE(parse_perf_map_line("7f0010 2a JS:*f /a b.js:1:2", &line));
  CHECK(line.begin == 0x7f0010);
  CHECK(line.end == 0x7f0010 + 0x2a);
  CHECK(line.name == "JS:*f /a b.js:1:2");
  REQUIRE(parse_perf_map_line("0x7F0010\t0X2A  f \r", &line));
  CHECK(line.begin == 0x7f0010);
  CHECK(line.end == 0x7f003a);
  CHECK(line.name == "f");
}

TEST_CASE("what is no line of a perf map is not taken for one") {
  for (const char* text : {"", " ", "\r", "7f", "7f 10", "7f 10 ", "7f 10  \r", "7fx 10 f",
                           "-7f 10 f", "7f -10 f", "7f,10,f", "0x 10 f", "7f 0x f", " 7f 10 f",
                           "10000000000000000 1 f", "1 10000000000000000 f", "g 1 f", "#"}) {
    INFO(text);
    CHECK_FALSE(is_line(text));
  }
}

TEST_CASE("an address has the name of the line that holds it, from its start to before its end") {
  CHECK(names("100 10 f\n110 10 g\n", {0xff, 0x100, 0x10f, 0x110, 0x11f, 0x120}) == "-,f,f,g,g,-");
  CHECK(names("110 10 g\n100 10 f", {0x100, 0x110}) == "f,g");  // any order, no last newline
  CHECK(names("", {1, 2}) == "-,-");
  CHECK(names("100 10 f\n", {}).empty());
  CHECK(names("100 0 f\n", {0x100}) == "-");
}

TEST_CASE("the last line that holds an address names it, since code is moved and freed") {
  CHECK(names("100 10 old\n100 10 new\n", {0x104}) == "new");
  CHECK(names("100 40 old\n110 10 new\n", {0x100, 0x110, 0x11f, 0x120}) == "old,new,new,old");
  CHECK(names("110 10 inner\n100 40 outer\n", {0x100, 0x110, 0x120}) == "outer,outer,outer");
  CHECK(names("100 20 a\n110 20 b\n108 10 c\n", {0x100, 0x108, 0x117, 0x118, 0x12f}) ==
        "a,c,c,b,b");
}

TEST_CASE("an address that stands in the list twice is named twice") {
  CHECK(names("100 10 f\n", {0x104, 0x104, 0x104}) == "f,f,f");
}

TEST_CASE("lines that are none are skipped and counted") {
  const PerfMapNames found = find_in_perf_map("what\n100 10 f\n\n100 zz g\n110", {0x104, 0x900});
  CHECK(found.names == std::vector<std::string_view>{"f", ""});
  CHECK(found.bad_lines == 3);
}

TEST_CASE("sizes that lead past the last address end there") {
  CHECK(names("ffffffffffffffff ffffffffffffffff f\n", {UINT64_MAX}) == "-");
  CHECK(names("100 ffffffffffffffff f\n", {0xff, 0x100, UINT64_MAX - 1}) == "-,f,f");
}

TEST_CASE("bytes of any kind are no trouble") {
  std::mt19937 random(7);
  const std::string alphabet("0123456789abcdefx \n\t\r:/\0\xff\x80", 26);
  const Addresses addresses = {0, 1, 2, 0x10, 0xff, 0x1000, UINT64_MAX};
  for (int round = 0; round < 20000; round++) {
    std::string text(random() % 200, '\0');
    for (char& c : text) c = alphabet[random() % alphabet.size()];
    const PerfMapNames found = find_in_perf_map(text, addresses);
    REQUIRE(found.names.size() == addresses.size());
  }
}

TEST_CASE("a million lines that all hold all of a hundred thousand addresses take no longer") {
  Addresses addresses;
  for (uint64_t i = 0; i < 100000; i++) addresses.push_back(1000 + 16 * i);
  // What is never named keeps the search going; every line meets all the others.
  addresses.push_back(UINT64_MAX);
  std::string text;
  for (int i = 0; i < 1000000; i++) text += "0 fffffffffffffff f\n";
  const auto start = std::chrono::steady_clock::now();
  const PerfMapNames found = find_in_perf_map(text, addresses);
  CHECK(found.names.front() == "f");
  CHECK(found.names.back().empty());
  // The square would be a hundred billion steps.
  CHECK(std::chrono::steady_clock::now() - start < std::chrono::seconds(30));
}
