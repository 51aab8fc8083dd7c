// What a host and its system do to a file that is being written: limits, full disks, taken
// descriptors.
#include <fcntl.h>
#include <signal.h>
#include <sys/mount.h>
#include <sys/resource.h>
#include <unistd.h>

#include <catch2/catch.hpp>
#include <cerrno>
#include <string>

#include "env/output_file.h"
#include "tests/unit/env/whole_file.h"

using output_file::OutputFile;
using Names = std::set<std::string>;

namespace {

// The lowest descriptor from 3 on that is open to a file below `directory`.
int find_descriptor(const std::string& directory) {
  for (int fd = 3; fd < 1000; fd++) {
    char target[4096];
    const std::string link = "/proc/self/fd/" + std::to_string(fd);
    const ssize_t size = readlink(link.c_str(), target, sizeof target);
    if (size > 0 && std::string(target, static_cast<size_t>(size)).find(directory) == 0) return fd;
  }
  return -1;
}

}  // namespace

TEST_CASE("descriptors 0 to 2 are not taken even when they are free") {
  const TemporaryDirectory directory;
  const int kept = fcntl(0, F_DUPFD_CLOEXEC, 100);
  close(0);
  OutputFile file;
  const Named name(directory / "a");
  const auto error = file.open(name, output_file::kPrivate);
  const bool zero_is_free = fcntl(0, F_GETFD) == -1;
  if (kept >= 0) {
    dup2(kept, 0);
    close(kept);
  }
  REQUIRE_FALSE(error);
  CHECK(zero_is_free);
  REQUIRE_FALSE(file.write("x", 1));
  REQUIRE_FALSE(file.commit(now_ns()));
}

TEST_CASE("the descriptor is close-on-exec and gone after the commit") {
  const TemporaryDirectory directory;
  OutputFile file;
  const Named name(directory / "a");
  REQUIRE_FALSE(file.open(name, output_file::kPrivate));
  const int fd = find_descriptor(directory.path());
  REQUIRE(fd >= 3);
  CHECK(fcntl(fd, F_GETFD) == FD_CLOEXEC);
  REQUIRE_FALSE(file.commit(now_ns()));
  CHECK(find_descriptor(directory.path()) == -1);
}

TEST_CASE("a descriptor that the host closed and took is neither written nor closed") {
  const TemporaryDirectory directory;
  const TemporaryDirectory hosts;
  hosts.put("own", "");
  OutputFile file;
  const Named name(directory / "a");
  REQUIRE_FALSE(file.open(name, output_file::kPrivate));
  const int fd = find_descriptor(directory.path());
  const int own = open((hosts / "own").c_str(), O_WRONLY | O_CLOEXEC);
  REQUIRE(dup2(own, fd) == fd);
  CHECK(file.write("profile", 7).number == EBADF);
  CHECK(file.commit(now_ns()).number == EBADF);
  CHECK(fcntl(fd, F_GETFD) != -1);
  CHECK(hosts.content("own").empty());
  CHECK(directory.names().empty());
  close(fd);
  close(own);
}

TEST_CASE("past the file size limit there is an error, no signal and no file") {
  const TemporaryDirectory directory;
  struct rlimit old_limit;
  getrlimit(RLIMIT_FSIZE, &old_limit);
  struct rlimit limit = {1024, old_limit.rlim_max};
  sigset_t before;
  pthread_sigmask(SIG_BLOCK, nullptr, &before);
  setrlimit(RLIMIT_FSIZE, &limit);
  const auto error = write_file(directory / "a", std::string(5000, 'x'));
  setrlimit(RLIMIT_FSIZE, &old_limit);
  sigset_t after;
  sigset_t pending;
  pthread_sigmask(SIG_BLOCK, nullptr, &after);
  sigpending(&pending);
  CHECK(error.number == EFBIG);
  CHECK(directory.names().empty());
  CHECK(sigismember(&pending, SIGXFSZ) == 0);
  CHECK(sigismember(&after, SIGXFSZ) == sigismember(&before, SIGXFSZ));
}

TEST_CASE("a SIGXFSZ that the host itself has pending stays pending") {
  const TemporaryDirectory directory;
  sigset_t own;
  sigset_t before;
  sigemptyset(&own);
  sigaddset(&own, SIGXFSZ);
  pthread_sigmask(SIG_BLOCK, &own, &before);
  raise(SIGXFSZ);
  struct rlimit old_limit;
  getrlimit(RLIMIT_FSIZE, &old_limit);
  struct rlimit limit = {1024, old_limit.rlim_max};
  setrlimit(RLIMIT_FSIZE, &limit);
  const auto error = write_file(directory / "a", std::string(5000, 'x'));
  setrlimit(RLIMIT_FSIZE, &old_limit);
  sigset_t pending;
  sigpending(&pending);
  CHECK(error.number == EFBIG);
  CHECK(sigismember(&pending, SIGXFSZ) == 1);
  const struct timespec at_once = {};
  sigtimedwait(&own, nullptr, &at_once);
  pthread_sigmask(SIG_SETMASK, &before, nullptr);
}

TEST_CASE("without a free descriptor there is an error with words") {
  const TemporaryDirectory directory;
  struct rlimit old_limit;
  getrlimit(RLIMIT_NOFILE, &old_limit);
  struct rlimit limit = {3, old_limit.rlim_max};
  setrlimit(RLIMIT_NOFILE, &limit);
  const auto error = write_file(directory / "a", "x");
  setrlimit(RLIMIT_NOFILE, &old_limit);
  CHECK(error.number == EMFILE);
  CHECK(directory.names().empty());
}

TEST_CASE("on a full file system there is an error and no partial file") {
  const TemporaryDirectory directory;
  if (mount("none", directory.path().c_str(), "tmpfs", 0, "size=64k") != 0) {
    WARN("skipped: no tmpfs can be mounted");
    return;
  }
  const auto error = write_file(directory / "a", std::string(200000, 'x'));
  const Names left = directory.names();
  const auto fits = write_file(directory / "b", std::string(1000, 'x'));
  umount(directory.path().c_str());
  CHECK(error.number == ENOSPC);
  CHECK(left.empty());
  CHECK_FALSE(fits);
}

TEST_CASE("on a read-only file system there is an error") {
  const TemporaryDirectory directory;
  if (mount("none", directory.path().c_str(), "tmpfs", MS_RDONLY, "size=64k") != 0) {
    WARN("skipped: no tmpfs can be mounted");
    return;
  }
  const auto error = write_file(directory / "a", "x");
  umount(directory.path().c_str());
  CHECK(error.number == EROFS);
}
