// Source files by the paths that profiles have: where they lie, and what is never read.
#include <sys/stat.h>
#include <unistd.h>

#include <catch2/catch.hpp>
#include <cstdlib>
#include <filesystem>
#include <fstream>

#include "program/report/source_files.h"

using program::SourceFiles;

namespace {

class Tree {
 public:
  Tree() {
    char name[] = "/tmp/source_files-XXXXXX";
    path_ = mkdtemp(name);
  }
  ~Tree() { std::filesystem::remove_all(path_); }
  std::string write(const std::string& name, const std::string& text) const {
    const std::filesystem::path path = path_ + "/" + name;
    std::filesystem::create_directories(path.parent_path());
    std::ofstream(path) << text;
    return path.string();
  }
  const std::string& path() const { return path_; }

 private:
  std::string path_;
};

}  // namespace

TEST_CASE("a source file has its lines, with tabs as spaces and no control characters") {
  const Tree tree;
  SourceFiles files;
  const auto* lines = files.lines(tree.write("a.c", "int a;\r\n\tb\tc\n\033[31mred\n\nlast"));
  REQUIRE(lines != nullptr);
  CHECK(*lines == std::vector<std::string>{"int a;", "        b       c", "?[31mred", "", "last"});
}

TEST_CASE("a file that was moved is found by the last parts of its path, most parts first") {
  const Tree tree;
  tree.write("src/parse.cc", "right");
  tree.write("parse.cc", "wrong");
  SourceFiles files({tree.path()});
  const auto* lines = files.lines("/build/of/another/machine/src/parse.cc");
  REQUIRE(lines != nullptr);
  CHECK(lines->front() == "right");
  CHECK(files.lines("other.cc") == nullptr);
}

TEST_CASE("a file that was written after a recording is said to be newer") {
  const Tree tree;
  SourceFiles files;
  const std::string path = tree.write("a.c", "int a;\n");
  CHECK(files.is_newer_than(path, 1));
  CHECK_FALSE(files.is_newer_than(path, INT64_MAX));
  CHECK_FALSE(files.is_newer_than(path, 0));  // not known
  CHECK_FALSE(files.is_newer_than(tree.path() + "/missing.c", 1));
}

TEST_CASE("what is no source file is not read, nor waited for") {
  const Tree tree;
  SourceFiles files({tree.path()});
  const std::string fifo = tree.path() + "/fifo.c";
  REQUIRE(mkfifo(fifo.c_str(), 0600) == 0);
  CHECK(files.lines(fifo) == nullptr);
  CHECK(files.lines("/etc/passwd") == nullptr);
  CHECK(files.lines(tree.path()) == nullptr);
  CHECK(files.lines(tree.write("large.c", std::string(5 << 20, 'x'))) == nullptr);
  CHECK(files.lines("") == nullptr);
  const std::string link = tree.path() + "/link.c";
  REQUIRE(symlink("/etc/passwd", link.c_str()) == 0);
  CHECK(files.lines(link) == nullptr);
  tree.write("above.c", "secret");
  tree.write("below/a.c", "open");
  SourceFiles below({tree.path() + "/below"});
  CHECK(below.lines("../above.c") == nullptr);
  CHECK(below.lines("a.c") != nullptr);
}
