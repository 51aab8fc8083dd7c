#include "env/globs.h"

#include <fnmatch.h>

#include <catch2/catch.hpp>
#include <random>
#include <string>

TEST_CASE("globs match as a shell's do") {
  CHECK(globs::matches("cc1plus", "cc1plus"));
  CHECK_FALSE(globs::matches("cc1plus", "cc1"));
  CHECK_FALSE(globs::matches("cc1", "cc1plus"));
  CHECK(globs::matches("cc1*", "cc1"));
  CHECK(globs::matches("*plus", "cc1plus"));
  CHECK(globs::matches("*", ""));
  CHECK(globs::matches("python3.?", "python3.9"));
  CHECK_FALSE(globs::matches("python3.?", "python3.11"));
  CHECK(globs::matches("python3.[0-9][0-9]", "python3.11"));
  CHECK(globs::matches("[!a-c]x", "dx"));
  CHECK_FALSE(globs::matches("[^a-c]x", "bx"));
  CHECK(globs::matches("a[]]b", "a]b"));
  CHECK(globs::matches("a[b-]c", "a-c"));
  CHECK(globs::matches("*\xc3\xa9*", "caf\xc3\xa9.x"));
}

TEST_CASE("a glob without the end of its set, or with a slash, is reported") {
  CHECK(globs::valid("a*[b-d]?"));
  for (const char* bad : {"a[b", "[", "[]", "[!]", "a/b"}) {
    INFO(bad);
    CHECK_FALSE(globs::valid(bad));
  }
}

TEST_CASE("one of a list is enough") {
  CHECK(globs::any_matches("cc1, cc1plus ,lto*", "cc1plus"));
  CHECK(globs::any_matches("cc1,lto*", "lto1"));
  CHECK_FALSE(globs::any_matches("cc1,,lto*", "make"));
  CHECK_FALSE(globs::any_matches("", "make"));
}

TEST_CASE("a hundred thousand random globs match what fnmatch matches") {
  std::mt19937 random(1);
  const auto word = [&](const std::string& letters, size_t most) {
    std::string result;
    for (size_t n = random() % (most + 1); n > 0; n--) result += letters[random() % letters.size()];
    return result;
  };
  int matched = 0;
  for (int i = 0; i < 100000; i++) {
    const std::string glob = word("ab*?[]!-", 7), name = word("ab-", 6);
    if (!globs::valid(glob)) continue;
    INFO(glob << " on " << name);
    const bool expected = fnmatch(glob.c_str(), name.c_str(), FNM_NOESCAPE) == 0;
    REQUIRE(globs::matches(glob, name) == expected);
    matched += expected;
  }
  CHECK(matched > 1000);
}

TEST_CASE("many stars take no longer than the lengths multiplied") {
  std::string glob;
  for (int i = 0; i < 500; i++) glob += "*a";
  CHECK_FALSE(globs::matches(glob + "b", std::string(4000, 'a')));
}
