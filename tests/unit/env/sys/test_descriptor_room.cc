#include "env/sys/descriptor_room.h"

#include <fcntl.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <catch2/catch.hpp>
#include <cerrno>

namespace {

// What `body` says of a process of its own, whose descriptors may be closed.
template <typename Body>
int in_child(Body body) {
  const pid_t child = fork();
  if (child == 0) _exit(body());
  int status = 0;
  REQUIRE(waitpid(child, &status, 0) == child);
  REQUIRE(WIFEXITED(status));
  return WEXITSTATUS(status);
}

bool is_open(int fd) {
  return fcntl(fd, F_GETFD) >= 0;
}

int open_one() {
  return open("/dev/null", O_RDONLY | O_CLOEXEC);
}

}  // namespace

TEST_CASE("what is opened while standard places are held is above them, and they are free after") {
  const int wrong = in_child([] {
    close(0);
    close(2);
    int fd;
    {
      const StandardPlaces places;
      fd = open_one();
    }
    return fd > 2 && is_open(1) && !is_open(0) && !is_open(2) ? 0 : 1;
  });
  CHECK(wrong == 0);
}

TEST_CASE("a process with standard descriptors keeps them") {
  const int wrong = in_child([] {
    for (int fd = 0; fd < 3; fd++) {
      if (!is_open(fd)) dup2(open_one(), fd);
    }
    { const StandardPlaces places; }
    return is_open(0) && is_open(1) && is_open(2) ? 0 : 1;
  });
  CHECK(wrong == 0);
}

TEST_CASE("a descriptor with a standard number is moved above, with its flag") {
  const int wrong = in_child([] {
    close(0);
    const int moved = above_standard(open_one());
    return moved > 2 && !is_open(0) && fcntl(moved, F_GETFD) == FD_CLOEXEC ? 0 : 1;
  });
  CHECK(wrong == 0);
}

TEST_CASE("where there is no number above, it is closed and the error returned") {
  const int wrong = in_child([] {
    close(0);
    const int fd = open_one();
    const struct rlimit three = {3, 3};
    setrlimit(RLIMIT_NOFILE, &three);
    return above_standard(fd) == -EMFILE && !is_open(0) ? 0 : 1;
  });
  CHECK(wrong == 0);
}

TEST_CASE("a descriptor above and an error stay as they are") {
  CHECK(above_standard(7) == 7);
  CHECK(above_standard(-ENOENT) == -ENOENT);
}

TEST_CASE("in a full table there is room while it is asked for, and the limit comes back") {
  const int wrong = in_child([] {
    const struct rlimit few = {16, 64};
    setrlimit(RLIMIT_NOFILE, &few);
    while (open_one() >= 0) {
    }
    bool had_room;
    {
      const DescriptorRoom room;
      const int fd = open_one();
      had_room = fd >= 0;
      close(fd);
    }
    struct rlimit after {};
    getrlimit(RLIMIT_NOFILE, &after);
    return had_room && open_one() < 0 && after.rlim_cur == 16 ? 0 : 1;
  });
  CHECK(wrong == 0);
}
