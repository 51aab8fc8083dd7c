#include "program/run/run_folder.h"

#include <sys/stat.h>

#include <catch2/catch.hpp>
#include <filesystem>
#include <fstream>

#include "tests/unit/program/workshop.h"

using program::RunFolder;

namespace {

mode_t mode_of(const std::string& path) {
  struct stat status {};
  return stat(path.c_str(), &status) == 0 ? status.st_mode & 07777 : 0;
}

void append(const RunFolder& folder, const std::string& text) {
  std::ofstream(folder.path() + "/written", std::ios::app | std::ios::binary) << text;
}

}  // namespace

TEST_CASE("the folder is private, holds an empty list, and is gone afterwards") {
  const Workshop workshop;
  std::string path;
  {
    RunFolder folder;
    REQUIRE(folder.make(workshop.path("")));
    path = folder.path();
    CHECK(path.starts_with(workshop.path("profiler-run-")));
    CHECK(mode_of(path) == 0700);
    CHECK(mode_of(path + "/written") == 0600);
    CHECK(std::filesystem::file_size(path + "/written") == 0);
    CHECK(folder.written().empty());
    CHECK(folder.spools().empty());
    std::ofstream(path + "/profiler-123-0123456789abcdef.tables") << "x";
    std::ofstream(path + "/something.tables") << "x";
    CHECK(folder.spools() ==
          std::vector<std::string>{path + "/profiler-123-0123456789abcdef.tables"});
  }
  CHECK_FALSE(std::filesystem::exists(path));
}

TEST_CASE("without a folder of the user's it is in memory or among temporary files") {
  for (const char* spool : {"", "auto"}) {
    RunFolder folder;
    REQUIRE(folder.make(spool));
    CHECK(folder.path().starts_with("/"));
  }
}

TEST_CASE("there is none if the user wants none or names what is no folder") {
  const Workshop workshop;
  RunFolder folder;
  CHECK_FALSE(folder.make("none"));
  CHECK_FALSE(folder.make(workshop.path("missing")));
  CHECK_FALSE(folder.make(workshop.write("file", "")));
  CHECK(folder.path().empty());
}

TEST_CASE("the list is read as hostile input: only own regular files by absolute path, each once") {
  const Workshop workshop;
  RunFolder folder;
  REQUIRE(folder.make(workshop.path("")));
  const std::string good = workshop.write("good.pb.gz", "x");
  const std::string odd = workshop.write("odd\nname", "x");
  workshop.shell(
      "mkfifo fifo && mkdir folder && ln -s good.pb.gz link && touch other && "
      "touch cut");
  const std::string end(1, '\0');
  append(folder, good + end + "relative" + end + end + workshop.path("missing") + end);
  append(folder, workshop.path("fifo") + end + workshop.path("folder") + end);
  append(folder, workshop.path("link") + end + odd + end + good + end + "/dev/null" + end);
  append(folder, workshop.path("cut"));  // not ended: it was not written whole
  CHECK(folder.written() == std::vector<std::string>{good, odd});
}

TEST_CASE("a folder has one owner while it lives, and the next may take it over") {
  const Workshop workshop;
  std::string path;
  RunFolder next;
  {
    RunFolder folder;
    REQUIRE(folder.make(workshop.path("")));
    path = folder.path();
    CHECK_FALSE(next.adopt(path));
    folder.keep();
  }
  REQUIRE(std::filesystem::exists(path));
  workshop.shell("ln -s " + path + " link");
  CHECK_FALSE(next.adopt(workshop.path("link")));
  CHECK_FALSE(next.adopt(path + "/written"));
  REQUIRE(next.adopt(path));
  next.remove();
  CHECK_FALSE(std::filesystem::exists(path));
}

TEST_CASE("a folder that is left to its tree has no list, and goes if nobody is in it") {
  const Workshop workshop;
  RunFolder folder;
  REQUIRE(folder.make(workshop.path("")));
  const std::string busy = folder.path();
  std::ofstream(busy + "/profiler-123-0123456789abcdef.tables") << "x";
  folder.leave_to_tree();
  CHECK(std::filesystem::exists(busy));
  CHECK_FALSE(std::filesystem::exists(busy + "/written"));
  RunFolder empty;
  REQUIRE(empty.make(workshop.path("")));
  const std::string gone = empty.path();
  empty.leave_to_tree();
  CHECK_FALSE(std::filesystem::exists(gone));
}
