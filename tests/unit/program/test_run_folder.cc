#include "encoder/program/run_folder.h"

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
    CHECK(folder.unwritten_count() == 0);
    std::ofstream(path + "/123.tables") << "x";
    CHECK(folder.unwritten_count() == 1);
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
