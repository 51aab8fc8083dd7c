#include "env/output_claim.h"

#include <unistd.h>

#include <catch2/catch.hpp>
#include <string>
#include <thread>
#include <vector>

#include "tests/unit/env/whole_file.h"

using Names = std::set<std::string>;

TEST_CASE("a planted symbolic link is replaced, its target untouched") {
  const TemporaryFolder folder;
  folder.put("target", "precious");
  REQUIRE(symlink((folder / "target").c_str(), (folder / "a").c_str()) == 0);
  let_a_tick_pass();
  REQUIRE_FALSE(write_file(folder / "a", "profile"));
  CHECK(folder.content("target") == "precious");
  CHECK(folder.content("a") == "profile");
  CHECK_FALSE(std::filesystem::is_symlink(folder / "a"));
}

TEST_CASE("a dangling link and a link into the dark are not followed either") {
  const TemporaryFolder folder;
  REQUIRE(symlink((folder / "created").c_str(), (folder / "a").c_str()) == 0);
  let_a_tick_pass();
  REQUIRE_FALSE(write_file(folder / "a", "profile"));
  CHECK(folder.names() == Names{"a"});
}

TEST_CASE("a file of an earlier run is replaced, a younger one never is") {
  const TemporaryFolder folder;
  folder.put("a.pb.gz", "earlier run");
  let_a_tick_pass();
  const uint64_t start_ns = now_ns();
  std::string got;
  REQUIRE_FALSE(write_file(folder / "a.pb.gz", "one", start_ns, &got));
  CHECK(got == folder / "a.pb.gz");
  CHECK(folder.names() == Names{"a.pb.gz"});
  let_a_tick_pass();
  REQUIRE_FALSE(write_file(folder / "a.pb.gz", "two", start_ns, &got));
  CHECK(got == folder / "a-2.pb.gz");
  REQUIRE_FALSE(write_file(folder / "a.pb.gz", "three", start_ns, &got));
  CHECK(got == folder / "a-3.pb.gz");
  CHECK(folder.content("a.pb.gz") == "one");
  CHECK(folder.content("a-2.pb.gz") == "two");
  REQUIRE_FALSE(write_file(folder / "a.pb.gz", "mine", output_file::kReplaceAlways, &got));
  CHECK(folder.content("a.pb.gz") == "mine");
}

TEST_CASE("runs that follow each other at once replace each other's file") {
  const TemporaryFolder folder;
  for (int i = 0; i < 200; i++) REQUIRE_FALSE(write_file(folder / "a.pb.gz", "x", now_ns()));
  CHECK(folder.names() == Names{"a.pb.gz"});
}

TEST_CASE("of many writers that end at once with one name none loses its file") {
  const TemporaryFolder folder;
  const uint64_t start_ns = now_ns();
  let_a_tick_pass();
  std::vector<std::thread> writers;
  for (int i = 0; i < 16; i++) {
    writers.emplace_back([&folder, start_ns] { write_file(folder / "a.pb.gz", "x", start_ns); });
  }
  for (std::thread& writer : writers) writer.join();
  CHECK(folder.names().size() == 16);
}

TEST_CASE("a folder that has the file's name is left, the file gets the next one") {
  const TemporaryFolder folder;
  std::filesystem::create_directory(folder / "a");
  REQUIRE_FALSE(write_file(folder / "a", "x"));
  CHECK(folder.names() == Names{"a", "a-2"});
}
