#include "program/symbols/perf_map_file.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <catch2/catch.hpp>
#include <filesystem>

#include "tests/unit/program/workshop.h"

namespace {

enum class PerfMapState { kRead, kAbsent, kRefused };

struct Read {
  explicit Read(const program::PerfMapFile& file) {
    const int fd = program::open_perf_map(file, &error);
    state = fd >= 0         ? PerfMapState::kRead
            : error.empty() ? PerfMapState::kAbsent
                            : PerfMapState::kRefused;
    if (fd < 0) return;
    CHECK(program::read_perf_map(fd, &text));
    close(fd);
  }
  std::string text, error;
  PerfMapState state;
};

constexpr int64_t kSecond = 1000000000;

}  // namespace

TEST_CASE("a file of one's own is read whole") {
  const Workshop workshop;
  const Read read({workshop.write("map", "1 2 f\n")});
  CHECK(read.state == PerfMapState::kRead);
  CHECK(read.text == "1 2 f\n");
  CHECK(read.error.empty());
  CHECK(Read({workshop.write("empty", "")}).state == PerfMapState::kRead);
}

TEST_CASE("a map that was not written is absent, unless the user named it") {
  const Workshop workshop;
  const Read absent({workshop.path("none")});
  CHECK(absent.state == PerfMapState::kAbsent);
  CHECK(absent.error.empty());
  CHECK(Read({workshop.path("none"), true}).state == PerfMapState::kRefused);
}

TEST_CASE("what is no regular file is refused without waiting for it") {
  const Workshop workshop;
  workshop.shell("mkfifo pipe && mkdir directory");
  for (const bool named : {false, true}) {
    for (const std::string& path :
         {workshop.path("pipe"), workshop.path("directory"), std::string("/dev/zero")}) {
      INFO(path);
      const Read read({path, named});
      CHECK(read.state == PerfMapState::kRefused);
      CHECK(read.error == "it is not a regular file");
    }
  }
}

TEST_CASE("a symbolic link is followed only if the user named it") {
  const Workshop workshop;
  workshop.write("map", "1 2 f\n");
  workshop.shell("ln -s map link");
  const Read found({workshop.path("link")});
  CHECK(found.state == PerfMapState::kRefused);
  CHECK(found.error == "it is a symbolic link");
  CHECK(Read({workshop.path("link"), true}).text == "1 2 f\n");
}

TEST_CASE("another user's file is refused unless the user named it") {
  const Workshop workshop;
  const std::string path = workshop.write("map", "1 2 f\n");
  if (chown(path.c_str(), 12345, static_cast<gid_t>(-1)) != 0) return;  // only root can
  const Read read({path});
  CHECK(read.state == PerfMapState::kRefused);
  CHECK(read.error == "it belongs to neither this user nor root");
  CHECK(Read({path, true}).state == PerfMapState::kRead);
}

TEST_CASE("a file older than the process is of another process with its number") {
  const Workshop workshop;
  const std::string path = workshop.write("map", "1 2 f\n");
  const timespec times[2] = {{1000, 0}, {1000, 0}};
  REQUIRE(utimensat(AT_FDCWD, path.c_str(), times, 0) == 0);
  CHECK(Read({path, false, 1000 * kSecond}).state == PerfMapState::kRead);
  CHECK(Read({path, false, 1001 * kSecond}).state == PerfMapState::kRead);  // within the slack
  const Read read({path, false, 1003 * kSecond});
  CHECK(read.state == PerfMapState::kRefused);
  CHECK(read.error.find("older") != std::string::npos);
  CHECK(Read({path, true, 1003 * kSecond}).state == PerfMapState::kRead);
  CHECK(Read({path, false, INT64_MAX}).state == PerfMapState::kRefused);
  CHECK(Read({path, false, INT64_MIN}).state == PerfMapState::kRead);
}

TEST_CASE("the last 256 MiB of a file of any size are read, from the beginning of a line") {
  const Workshop workshop;
  const std::string path = workshop.write("map", "1 2 first\n");
  std::filesystem::resize_file(path, (uintmax_t{1} << 40));  // a hole
  const Read hole({path});
  CHECK(hole.state == PerfMapState::kRead);
  CHECK(hole.text.empty());
  std::filesystem::resize_file(path, uintmax_t{300} << 20);
  workshop.shell("printf 'half\\n3 4 last\\n' >> map");
  const Read tail({path});
  CHECK(tail.state == PerfMapState::kRead);
  CHECK(tail.text == "\n3 4 last\n");
}
