#include "env/tree.h"

#include <unistd.h>

#include <catch2/catch.hpp>
#include <string>

#include "env/mapped_names.h"

using tree::MappedNames;
using tree::Relation;
using tree::SharedVariables;

namespace {

const std::string kLibc =
    "7f0000000000-7f0000001000 r-xp 00026000 fe:01 1234   /lib/x86_64-linux-gnu/libc.so.6\n";

std::string line_of(const std::string& path) {
  return "7f0000400000-7f0004400000 rw-s 00000000 00:1a 77                     " + path + "\n";
}

MappedNames names_in(const std::string& list, size_t piece = SIZE_MAX) {
  MappedNames names;
  for (size_t at = 0; at < list.size(); at += std::min(piece, list.size() - at)) {
    names.take(std::string_view(list).substr(at, piece));
  }
  return names;
}

bool records(const std::string& path) {
  return names_in(kLibc + line_of(path) + kLibc).has_tables();
}

constexpr const char* kStatus =
    "Name:\tsh\nUmask:\t0022\nState:\tS (sleeping)\nTgid:\t70\nPid:\t70\nPPid:\t42\nTracerPid:\t0\n"
    "Uid:\t1000\t65534\t65534\t65534\nGid:\t0\t0\t0\t0\n";

}  // namespace

TEST_CASE("a process records if it maps tables, their memfd, or a file of theirs that is removed") {
  CHECK(records("/dev/shm/profiler-4711-0123456789abcdef.tables"));
  CHECK(records("/srv/a b/profiler-2147483647-0123456789abcdef.tables (deleted)"));
  CHECK(records("/memfd:profiler (deleted)"));
  CHECK_FALSE(records("/dev/shm/profiler-4711-0123456789abcdef.socket"));
  CHECK_FALSE(records("/dev/shm/profiler-4711-0123456789abcdeg.tables"));
  CHECK_FALSE(records("/dev/shm/profiler-4711-0123456789abcdef.tables/other"));
  CHECK_FALSE(
      records("/dev/shm/" + std::string(5000, 'x') + "profiler-4711-0123456789abcdef.tables"));
  CHECK_FALSE(records("/dev/shm/profiler-4711-0123456789abcdef.tables" + std::string(64, 'x')));
  CHECK_FALSE(records("/memfd:profiler2 (deleted)"));
  CHECK_FALSE(records("[heap]"));
}

TEST_CASE("a process that maps the library alone does not record") {
  const MappedNames names = names_in(kLibc + line_of("/opt/lib/libprofiler.so") + kLibc);
  CHECK(names.has_library());
  CHECK_FALSE(names.has_tables());
  CHECK_FALSE(names_in(kLibc).has_library());
}

TEST_CASE("the directory of the first tables is found, none where they have no file") {
  const auto directory_of = [](const std::string& path) {
    return std::string(
        names_in(kLibc + line_of(path) + kLibc + line_of("/other/libx.so")).tables_directory());
  };
  CHECK(directory_of("/srv/a b/profiler-12-0123456789abcdef.tables") == "/srv/a b");
  CHECK(directory_of("/srv/profiler-12-0123456789abcdef.tables (deleted)") == "/srv");
  CHECK(directory_of("/memfd:profiler (deleted)").empty());
  CHECK(directory_of("/usr/lib/libz.so").empty());
}

TEST_CASE("the list is read in pieces of any size") {
  const std::string list =
      kLibc + line_of("/x/libprofiler.so") + line_of("/dev/shm/profiler-1-00112233445566aa.tables");
  for (const size_t piece : {1, 2, 7, 64, 100, 4096}) {
    INFO(piece);
    CHECK(names_in(list, piece).has_tables());
    CHECK(names_in(list, piece).has_library());
  }
}

TEST_CASE("no more of the list is read than the start has to spend") {
  size_t budget = 10;
  CHECK_FALSE(tree::mapped_by(getpid(), &budget).has_tables());
  CHECK(budget == 0);
}

TEST_CASE("a process's parent and effective user") {
  Relation relation;
  REQUIRE(tree::read_relation(kStatus, &relation));
  CHECK(relation.parent == 42);
  CHECK(relation.user == 65534);
  CHECK_FALSE(tree::read_relation("Name:\tsh\nPPid:\t42\n", &relation));
  CHECK_FALSE(tree::read_relation("", &relation));
}

TEST_CASE("a process above is of the same run if it was started with all of our variables") {
  const char* const ours[] = {"PATH=/bin", "PROFILER_MODE=cpu", "PROFILER_ONLY=cc1", nullptr};
  const auto shares = [&](const std::string& theirs, size_t piece) {
    SharedVariables shared(ours);
    for (size_t at = 0; at < theirs.size(); at += std::min(piece, theirs.size() - at)) {
      shared.take(std::string_view(theirs).substr(at, piece));
    }
    return shared.are_all();
  };
  using namespace std::string_literals;
  for (const size_t piece : {1, 5, 4096}) {
    CHECK(shares("PROFILER_ONLY=cc1\0A=b\0PROFILER_MODE=cpu\0"s, piece));
    CHECK(shares("PROFILER_ONLY=cc1\0PROFILER_X=y\0PROFILER_MODE=cpu\0"s, piece));
    CHECK_FALSE(shares("PROFILER_ONLY=cc1\0PROFILER_MODE=heap\0"s, piece));
    CHECK_FALSE(shares("PROFILER_ONLY=cc1\0"s, piece));
    CHECK_FALSE(shares("PROFILER_ONLY=cc1\0PROFILER_MODE=cp"s, piece));
  }
  const char* const none[] = {"PATH=/bin", nullptr};
  CHECK_FALSE(SharedVariables(none).are_all());
}
