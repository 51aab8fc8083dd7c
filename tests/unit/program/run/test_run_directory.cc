#include "program/run/run_directory.h"

#include <sys/stat.h>

#include <catch2/catch.hpp>
#include <filesystem>
#include <fstream>

#include "tests/unit/program/workshop.h"

using program::RunDirectory;

namespace {

mode_t mode_of(const std::string& path) {
  struct stat status {};
  return stat(path.c_str(), &status) == 0 ? status.st_mode & 07777 : 0;
}

void append(const RunDirectory& directory, const std::string& text) {
  std::ofstream(directory.path() + "/written", std::ios::app | std::ios::binary) << text;
}

}  // namespace

TEST_CASE("the directory is private, holds an empty list, and is gone afterwards") {
  const Workshop workshop;
  std::string path;
  {
    RunDirectory directory;
    REQUIRE(directory.make(workshop.path("")));
    path = directory.path();
    CHECK(path.starts_with(workshop.path("profiler-run-")));
    CHECK(mode_of(path) == 0700);
    CHECK(mode_of(path + "/written") == 0600);
    CHECK(std::filesystem::file_size(path + "/written") == 0);
    CHECK(directory.written().empty());
    CHECK(directory.spools().empty());
    std::ofstream(path + "/profiler-123-0123456789abcdef.tables") << "x";
    std::ofstream(path + "/something.tables") << "x";
    CHECK(directory.spools() ==
          std::vector<std::string>{path + "/profiler-123-0123456789abcdef.tables"});
  }
  CHECK_FALSE(std::filesystem::exists(path));
}

TEST_CASE("without a directory of the user's it is in memory or among temporary files") {
  for (const char* spool : {"", "auto"}) {
    RunDirectory directory;
    REQUIRE(directory.make(spool));
    CHECK(directory.path().starts_with("/"));
  }
}

TEST_CASE("there is none if the user wants none or names what is no directory") {
  const Workshop workshop;
  RunDirectory directory;
  CHECK_FALSE(directory.make("none"));
  CHECK_FALSE(directory.make(workshop.path("missing")));
  CHECK_FALSE(directory.make(workshop.write("file", "")));
  CHECK(directory.path().empty());
}

TEST_CASE("the list is read as hostile input: only own regular files by absolute path, each once") {
  const Workshop workshop;
  RunDirectory directory;
  REQUIRE(directory.make(workshop.path("")));
  const std::string good = workshop.write("good.pb.gz", "x");
  const std::string odd = workshop.write("odd\nname", "x");
  workshop.shell(
      "mkfifo fifo && mkdir directory && ln -s good.pb.gz link && touch other && "
      "touch cut");
  const std::string end(1, '\0');
  append(directory, good + end + "relative" + end + end + workshop.path("missing") + end);
  append(directory, workshop.path("fifo") + end + workshop.path("directory") + end);
  append(directory, workshop.path("link") + end + odd + end + good + end + "/dev/null" + end);
  append(directory, workshop.path("cut"));  // not ended: it was not written whole
  CHECK(directory.written() == std::vector<std::string>{good, odd});
}

TEST_CASE("a directory has one owner while it lives, and the next may take it over") {
  const Workshop workshop;
  std::string path;
  RunDirectory next;
  {
    RunDirectory directory;
    REQUIRE(directory.make(workshop.path("")));
    path = directory.path();
    CHECK_FALSE(next.adopt(path));
    directory.keep();
  }
  REQUIRE(std::filesystem::exists(path));
  workshop.shell("ln -s " + path + " link");
  CHECK_FALSE(next.adopt(workshop.path("link")));
  CHECK_FALSE(next.adopt(path + "/written"));
  REQUIRE(next.adopt(path));
  next.remove();
  CHECK_FALSE(std::filesystem::exists(path));
}

TEST_CASE("a directory that is left to its tree has no list, and goes if no process is in it") {
  const Workshop workshop;
  RunDirectory directory;
  REQUIRE(directory.make(workshop.path("")));
  const std::string busy = directory.path();
  std::ofstream(busy + "/profiler-123-0123456789abcdef.tables") << "x";
  directory.leave_to_tree();
  CHECK(std::filesystem::exists(busy));
  CHECK_FALSE(std::filesystem::exists(busy + "/written"));
  RunDirectory empty;
  REQUIRE(empty.make(workshop.path("")));
  const std::string gone = empty.path();
  empty.leave_to_tree();
  CHECK_FALSE(std::filesystem::exists(gone));
}
