#include "env/output_claim.h"

#include <unistd.h>

#include <catch2/catch.hpp>
#include <string>
#include <thread>
#include <vector>

#include "tests/unit/env/whole_file.h"

using Names = std::set<std::string>;

TEST_CASE("a planted symbolic link is replaced, its target untouched") {
  const TemporaryDirectory directory;
  directory.put("target", "precious");
  REQUIRE(symlink((directory / "target").c_str(), (directory / "a").c_str()) == 0);
  let_a_tick_pass();
  REQUIRE_FALSE(write_file(directory / "a", "profile"));
  CHECK(directory.content("target") == "precious");
  CHECK(directory.content("a") == "profile");
  CHECK_FALSE(std::filesystem::is_symlink(directory / "a"));
}

TEST_CASE("a dangling link and a link into the dark are not followed either") {
  const TemporaryDirectory directory;
  REQUIRE(symlink((directory / "created").c_str(), (directory / "a").c_str()) == 0);
  let_a_tick_pass();
  REQUIRE_FALSE(write_file(directory / "a", "profile"));
  CHECK(directory.names() == Names{"a"});
}

TEST_CASE("a file of an earlier run is replaced, a younger one never is") {
  const TemporaryDirectory directory;
  directory.put("a.pb.gz", "earlier run");
  let_a_tick_pass();
  const uint64_t start_ns = now_ns();
  std::string got;
  REQUIRE_FALSE(write_file(directory / "a.pb.gz", "one", start_ns, &got));
  CHECK(got == directory / "a.pb.gz");
  CHECK(directory.names() == Names{"a.pb.gz"});
  let_a_tick_pass();
  REQUIRE_FALSE(write_file(directory / "a.pb.gz", "two", start_ns, &got));
  CHECK(got == directory / "a-2.pb.gz");
  REQUIRE_FALSE(write_file(directory / "a.pb.gz", "three", start_ns, &got));
  CHECK(got == directory / "a-3.pb.gz");
  CHECK(directory.content("a.pb.gz") == "one");
  CHECK(directory.content("a-2.pb.gz") == "two");
  REQUIRE_FALSE(write_file(directory / "a.pb.gz", "mine", output_file::kReplaceAlways, &got));
  CHECK(directory.content("a.pb.gz") == "mine");
}

TEST_CASE("runs that follow each other at once replace each other's file") {
  const TemporaryDirectory directory;
  for (int i = 0; i < 200; i++) REQUIRE_FALSE(write_file(directory / "a.pb.gz", "x", now_ns()));
  CHECK(directory.names() == Names{"a.pb.gz"});
}

TEST_CASE("many writers that end at once with one name all keep their files") {
  const TemporaryDirectory directory;
  const uint64_t start_ns = now_ns();
  let_a_tick_pass();
  std::vector<std::thread> writers;
  for (int i = 0; i < 16; i++) {
    writers.emplace_back(
        [&directory, start_ns] { write_file(directory / "a.pb.gz", "x", start_ns); });
  }
  for (std::thread& writer : writers) writer.join();
  CHECK(directory.names().size() == 16);
}

TEST_CASE("a directory that has the file's name is left, the file gets the next one") {
  const TemporaryDirectory directory;
  std::filesystem::create_directory(directory / "a");
  REQUIRE_FALSE(write_file(directory / "a", "x"));
  CHECK(directory.names() == Names{"a", "a-2"});
}
