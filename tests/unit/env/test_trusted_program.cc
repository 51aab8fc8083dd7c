#include "env/trusted_program.h"

#include <fcntl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include <catch2/catch.hpp>
#include <filesystem>

#include "tests/unit/env/temporary_directory.h"

using trusted_program::is_as_protected;
using trusted_program::Opened;
using trusted_program::Refusal;

namespace {

constexpr uid_t kMe = 1000, kOther = 2000;

struct stat directory_of(ino_t number, uid_t user, mode_t mode, gid_t group = 0) {
  struct stat status {};
  status.st_ino = number;
  status.st_uid = user;
  status.st_gid = group;
  status.st_mode = S_IFDIR | mode;
  return status;
}

bool is_taken(const struct stat& program, const struct stat& library) {
  return is_as_protected(program, library, kMe);
}

// lib/ and bin/, as an installation has them.
struct Installation {
  explicit Installation(mode_t mode = 0755) {
    for (const std::string name : {"lib", "bin"}) {
      std::filesystem::create_directory(directory / name);
      chmod((directory / name).c_str(), 0755);
    }
    put("bin/profiler", mode);
  }
  void put(const std::string& name, mode_t mode) const {
    directory.put(name,
                  "\x7f"
                  "ELF");
    chmod((directory / name).c_str(), mode);
  }
  Refusal open(const std::string& place = "bin") const {
    const Opened opened =
        trusted_program::open((directory / "lib").c_str(), (directory / place).c_str(), "profiler");
    if (opened.descriptor >= 0) close(opened.descriptor);
    CHECK((opened.descriptor >= 0) == (opened.refusal == Refusal::kNone));
    return opened.refusal;
  }
  TemporaryDirectory directory;
};

}  // namespace

TEST_CASE(
    "a directory into which no more users can put a program than into the library's is taken") {
  const struct stat of_root = directory_of(1, 0, 0755), of_me = directory_of(1, kMe, 0755);
  CHECK(is_taken(directory_of(2, 0, 0755), of_root));
  CHECK(is_taken(directory_of(2, kMe, 0755), of_root));
  CHECK(is_taken(directory_of(2, 0, 0755), of_me));
  CHECK(is_taken(directory_of(2, kOther, 0755), directory_of(1, kOther, 0755)));
  CHECK_FALSE(is_taken(directory_of(2, kOther, 0755), of_root));
  CHECK_FALSE(is_taken(directory_of(2, kOther, 0755), of_me));
  CHECK_FALSE(is_taken(directory_of(2, 0, 0757), of_root));
  CHECK_FALSE(is_taken(directory_of(2, 0, 01777), of_root));
  CHECK_FALSE(is_taken(directory_of(2, 0, 0775, 50), of_root));
  CHECK_FALSE(is_taken(directory_of(2, 0, 0775, 50), directory_of(1, 0, 0775, 51)));
  CHECK(is_taken(directory_of(2, 0, 0775, 50), directory_of(1, 0, 0775, 50)));
}

TEST_CASE("a shared volume, which is open to all, may hold the library and its program") {
  const struct stat open_to_all = directory_of(1, kOther, 0777);
  CHECK(is_taken(open_to_all, open_to_all));
  CHECK(is_taken(directory_of(2, kOther, 0777), open_to_all));
  CHECK(is_taken(directory_of(2, 0, 0755), open_to_all));
}

TEST_CASE("a program is opened where it is installed, and nothing that only has its name") {
  CHECK(Installation().open() == Refusal::kNone);
  CHECK(Installation(0555).open() == Refusal::kNone);
  CHECK(Installation().open("lib") == Refusal::kNotFound);
  CHECK(Installation().open("none") == Refusal::kNotFound);
  CHECK(Installation(0775).open() == Refusal::kFile);
  CHECK(Installation(0757).open() == Refusal::kFile);
  CHECK(Installation(0644).open() == Refusal::kFile);
  const Installation linked;
  std::filesystem::rename(linked.directory / "bin/profiler", linked.directory / "bin/other");
  std::filesystem::create_symlink("other", linked.directory / "bin/profiler");
  CHECK(linked.open() == Refusal::kFile);
  std::filesystem::remove(linked.directory / "bin/profiler");
  REQUIRE(mkfifo((linked.directory / "bin/profiler").c_str(), 0755) == 0);
  CHECK(linked.open() == Refusal::kFile);
}

// The line said that there was none.
TEST_CASE("a program that cannot be opened is not taken for one that is not there") {
  const Installation installed;
  std::vector<int> held;
  const auto all_are_used = [&] {
    held.push_back(open("/", O_PATH | O_CLOEXEC));
    return held.back() < 0;
  };
  struct rlimit before {};
  getrlimit(RLIMIT_NOFILE, &before);
  const struct rlimit few { 40, before.rlim_max };
  setrlimit(RLIMIT_NOFILE, &few);
  while (!all_are_used()) {
  }
  const Opened opened = trusted_program::open((installed.directory / "lib").c_str(),
                                              (installed.directory / "bin").c_str(), "profiler");
  for (const int each : held) close(each);
  setrlimit(RLIMIT_NOFILE, &before);
  CHECK(opened.refusal == Refusal::kUnopened);
  CHECK(opened.error == EMFILE);
}

TEST_CASE("a program in a directory that is less protected than the library's is refused") {
  const Installation open_to_all;
  chmod((open_to_all.directory / "bin").c_str(), 0777);
  CHECK(open_to_all.open() == Refusal::kDirectory);
  chmod((open_to_all.directory / "lib").c_str(), 0777);
  CHECK(open_to_all.open() == Refusal::kNone);
  if (geteuid() != 0) return;
  const Installation of_another;
  REQUIRE(chown((of_another.directory / "bin").c_str(), 65534, 65534) == 0);
  CHECK(of_another.open() == Refusal::kDirectory);
  const Installation file_of_another;
  REQUIRE(chown((file_of_another.directory / "bin/profiler").c_str(), 65534, 65534) == 0);
  CHECK(file_of_another.open() == Refusal::kFile);
}
