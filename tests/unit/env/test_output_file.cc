#include "env/output_file.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <catch2/catch.hpp>
#include <cerrno>
#include <string>

#include "tests/unit/env/whole_file.h"

using output_file::OutputFile;
using Names = std::set<std::string>;

namespace {

unsigned mode_of(const std::string& path) {
  struct stat st = {};
  REQUIRE(stat(path.c_str(), &st) == 0);
  return st.st_mode & 07777;
}

}  // namespace

TEST_CASE("a file appears under its name only when it is whole") {
  const TemporaryDirectory directory;
  OutputFile file;
  const Named name(directory / "a.pb.gz");
  REQUIRE_FALSE(file.open(name, output_file::kPrivate));
  REQUIRE_FALSE(file.write("abc", 3));
  REQUIRE_FALSE(file.write("def", 3));
  CHECK(directory.names().count("a.pb.gz") == 0);
  CHECK(directory.names().size() == 1);
  REQUIRE_FALSE(file.commit(now_ns()));
  CHECK(directory.names() == Names{"a.pb.gz"});
  CHECK(directory.content("a.pb.gz") == "abcdef");
  CHECK(file.path() == directory / "a.pb.gz");
}

TEST_CASE("an abandoned file leaves nothing") {
  const TemporaryDirectory directory;
  {
    OutputFile file;
    const Named name(directory / "a.pb.gz");
    REQUIRE_FALSE(file.open(name, output_file::kPrivate));
    REQUIRE_FALSE(file.write("abc", 3));
  }
  CHECK(directory.names().empty());
}

TEST_CASE("a file and its directory have the permissions that were asked for, whatever the umask") {
  for (const mode_t mask : {0, 027, 0377}) {
    const TemporaryDirectory directory;
    const mode_t old_mask = umask(mask);
    OutputFile file;
    const Named name(directory / "a");
    const auto error = file.open(name, 0640);
    const auto committed = file.commit(now_ns());
    umask(old_mask);
    INFO(mask);
    REQUIRE_FALSE(error);
    REQUIRE_FALSE(committed);
    CHECK(mode_of(directory / "a") == 0640);
  }
}

TEST_CASE(
    "in an open directory a file is made and renamed there, wherever its path leads by then") {
  const TemporaryDirectory directory, elsewhere;
  REQUIRE(mkdir((directory / "out").c_str(), 0700) == 0);
  const int opened = open((directory / "out").c_str(), O_PATH | O_DIRECTORY | O_CLOEXEC);
  REQUIRE(rename((directory / "out").c_str(), (directory / "moved").c_str()) == 0);
  REQUIRE(symlink(elsewhere.path().c_str(), (directory / "out").c_str()) == 0);
  OutputFile file;
  const Named name(directory / "out/a.pb.gz");
  REQUIRE_FALSE(file.open_in(opened, name, output_file::kPrivate));
  REQUIRE_FALSE(file.commit(output_file::kReplaceNever));
  CHECK(std::filesystem::exists(directory / "moved/a.pb.gz"));
  REQUIRE_FALSE(file.open_in(opened, name, output_file::kPrivate));
  REQUIRE_FALSE(file.commit(output_file::kReplaceNever));
  CHECK(file.path() == directory / "out/a-2.pb.gz");
  CHECK(std::filesystem::exists(directory / "moved/a-2.pb.gz"));
  CHECK(elsewhere.names().empty());
  close(opened);
}

TEST_CASE("a missing directory is made if the name says so, with its parents") {
  const TemporaryDirectory directory;
  char buffer[output_name::kPathSize];
  output_name::Fields fields;
  fields.program = "app";
  fields.mode = "cpu";
  OutputFile file;
  REQUIRE_FALSE(file.open(output_name::expand(directory / "x/y/", fields, buffer), 0640));
  REQUIRE_FALSE(file.commit(now_ns()));
  CHECK(directory.content("x/y/app.0.cpu.pb.gz").empty());
  CHECK(std::filesystem::exists(directory / "x/y/app.0.cpu.pb.gz"));
  for (const char* made : {"x", "x/y"}) CHECK(mode_of(directory / made) == 0750);
}

TEST_CASE("a directory in the way of a directory is fine, a file is an error") {
  const TemporaryDirectory directory;
  directory.put("file", "");
  CHECK_FALSE(output_file::make_directory(directory.path(), 0600));
  CHECK_FALSE(output_file::make_directory(directory / "a/b/c", 0600));
  CHECK_FALSE(output_file::make_directory(directory / "a/b/c/", 0600));
  CHECK(output_file::make_directory(directory / "file", 0600).number == ENOTDIR);
  CHECK(output_file::make_directory(directory / "file/x", 0600).number == ENOTDIR);
  CHECK(output_file::make_directory("/proc/nowhere/x", 0600).number != 0);
}

TEST_CASE("a missing directory is an error with words") {
  const TemporaryDirectory directory;
  const auto error = write_file(directory / "missing/a", "x");
  CHECK(error.number == ENOENT);
  CHECK(output_file::error_words(error.number) == "no such directory");
  CHECK(output_file::error_words(123456) == "error");
}

TEST_CASE("a directory that may not be written is an error, and leaves nothing") {
  CHECK(write_file("/proc/self/a", "x").number != 0);
  if (geteuid() == 0) return;  // root writes everywhere else
  const TemporaryDirectory directory;
  chmod(directory.path().c_str(), 0500);
  CHECK(write_file(directory / "a", "x").number == EACCES);
}

// With names of our own only: a broken guard must fail this test, not the machine it runs on.
TEST_CASE("devices and pipes are refused and stay, and nothing is put into /dev") {
  const TemporaryDirectory directory;
  REQUIRE(mkfifo((directory / "pipe").c_str(), 0600) == 0);
  REQUIRE(symlink("/dev/null", (directory / "link").c_str()) == 0);
  CHECK(write_file(directory / "pipe", "x"));
  CHECK(write_file(directory / "link", "x"));
  CHECK(directory.names() == Names{"link", "pipe"});
  CHECK(std::filesystem::is_symlink(directory / "link"));
  const std::string in_dev = "/dev/profiler-test-" + std::to_string(getpid());
  CHECK(write_file(in_dev, "x"));
  CHECK(unlink(in_dev.c_str()) == -1);
}

TEST_CASE("a name that could not be made is reported, and nothing is opened") {
  output_name::Name name;
  name.error = "a sentence";
  OutputFile file;
  const auto error = file.open(name, output_file::kPrivate);
  CHECK(std::string(error.what) == "a sentence");
  CHECK(file.commit(now_ns()));
}
