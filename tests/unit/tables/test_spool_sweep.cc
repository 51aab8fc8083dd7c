#include "tables/spool_sweep.h"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <catch2/catch.hpp>
#include <cstring>
#include <filesystem>
#include <fstream>

#include "tables/layout.h"
#include "tables/spool_name.h"
#include "tests/unit/env/temporary_directory.h"

namespace {

constexpr time_t kDay = 24 * 3600;

// The number of a process that has just ended.
pid_t dead_pid() {
  const pid_t child = fork();
  if (child == 0) _exit(0);
  waitpid(child, nullptr, 0);
  return child;
}

std::string name_of(pid_t pid, const std::string& digits = "0123456789abcdef") {
  return "profiler-" + std::to_string(pid) + "-" + digits + ".tables";
}

void set_age(const std::string& path, time_t age_s) {
  const timespec then{time(nullptr) - age_s, 0};
  const timespec times[2] = {then, then};
  REQUIRE(utimensat(AT_FDCWD, path.c_str(), times, AT_SYMLINK_NOFOLLOW) == 0);
}

std::string make(const TemporaryDirectory& directory, const std::string& name, time_t age_s) {
  const std::string path = directory / name;
  std::ofstream(path) << "x";
  set_age(path, age_s);
  return path;
}

unsigned sweep_all(const TemporaryDirectory& directory) {
  return spool::sweep({directory.path().c_str(), static_cast<uint64_t>(time(nullptr)), 0, true});
}

bool exists(const std::string& path) {
  return std::filesystem::exists(std::filesystem::symlink_status(path));
}

}  // namespace

TEST_CASE("names of tables are distinguished from all others") {
  uint64_t pid = 0;
  CHECK(spool::read_name("profiler-4711-0123456789abcdef.tables", &pid));
  CHECK(pid == 4711);
  for (const char* other :
       {"profiler-4711-0123456789abcde.tables", "profiler-4711-0123456789abcdeg.tables",
        "profiler--0123456789abcdef.tables", "profiler-0-0123456789abcdef.tables",
        "profiler-4711-0123456789abcdef.table", "xprofiler-4711-0123456789abcdef.tables", "",
        "profiler-99999999999-0123456789abcdef.tables", "profiler-4711_0123456789abcdef.tables"}) {
    INFO(other);
    CHECK_FALSE(spool::read_name(other, &pid));
  }
  CHECK(spool::is_run_directory("profiler-run-aZ09xy"));
  CHECK_FALSE(spool::is_run_directory("profiler-run-aZ09x"));
  CHECK_FALSE(spool::is_run_directory("profiler-run-aZ09x/"));
}

TEST_CASE("a dead process's tables go after seven days, not before") {
  const TemporaryDirectory directory;
  const pid_t dead = dead_pid();
  const std::string old = make(directory, name_of(dead), 8 * kDay);
  const std::string young = make(directory, name_of(dead, "1123456789abcdef"), 6 * kDay);
  CHECK(sweep_all(directory) == 1);
  CHECK_FALSE(exists(old));
  CHECK(exists(young));
}

TEST_CASE("a dead process's tables go at once where its files were written") {
  const TemporaryDirectory directory;
  layout::Header header{};
  memcpy(header.magic, layout::kMagic, sizeof header.magic);
  header.version = layout::kVersion;
  const auto make_in = [&](layout::State state, uint32_t version, const char* digits, pid_t pid) {
    header.version = version;
    header.state = static_cast<uint32_t>(state);
    const std::string path = directory / name_of(pid, digits);
    std::ofstream(path).write(reinterpret_cast<const char*>(&header), sizeof header);
    return path;
  };
  using layout::State;
  const pid_t dead = dead_pid();
  const auto written = make_in(State::kWritten, layout::kVersion, "0123456789abcdef", dead);
  const auto killed = make_in(State::kRecording, layout::kVersion, "1123456789abcdef", dead);
  const auto foreign = make_in(State::kWritten, layout::kVersion + 1, "2123456789abcdef", dead);
  const auto living = make_in(State::kWritten, layout::kVersion, "3123456789abcdef", getppid());
  CHECK(sweep_all(directory) == 1);
  CHECK_FALSE(exists(written));
  for (const auto& path : {killed, foreign, living}) CHECK(exists(path));
}

TEST_CASE("an origin goes with its tables, and where it has lost them") {
  const TemporaryDirectory directory;
  const pid_t dead = dead_pid();
  const auto origin_of = [](std::string name) {
    return name.replace(name.rfind('.'), std::string::npos, ".origin");
  };
  const std::string old = name_of(dead), young = name_of(dead, "1123456789abcdef");
  make(directory, old, 8 * kDay);
  make(directory, young, 0);
  for (const std::string& name : {old, young, name_of(dead, "2123456789abcdef")}) {
    make(directory, origin_of(name), 0);
  }
  CHECK(sweep_all(directory) == 1);
  CHECK(directory.names() == std::set<std::string>{young, origin_of(young)});
}

TEST_CASE("a living process's tables stay, by its number or by the lock of its mapping") {
  const TemporaryDirectory directory;
  const std::string by_number = make(directory, name_of(getppid()), 30 * kDay);
  const std::string by_lock = make(directory, name_of(dead_pid()), 30 * kDay);
  const int fd = open(by_lock.c_str(), O_RDWR | O_CLOEXEC);
  REQUIRE(flock(fd, LOCK_EX | LOCK_NB) == 0);
  CHECK(sweep_all(directory) == 0);
  CHECK(exists(by_number));
  CHECK(exists(by_lock));
  close(fd);
  CHECK(sweep_all(directory) == 1);
}

TEST_CASE("what is no regular file of this user, or has another name, stays") {
  const TemporaryDirectory directory, elsewhere;
  const pid_t dead = dead_pid();
  const std::string target = make(elsewhere, name_of(dead), 30 * kDay);
  const std::string link = directory / name_of(dead, "aaaaaaaaaaaaaaaa");
  REQUIRE(symlink(target.c_str(), link.c_str()) == 0);
  const std::string pipe = directory / name_of(dead, "bbbbbbbbbbbbbbbb");
  REQUIRE(mkfifo(pipe.c_str(), 0600) == 0);
  const std::string inside = directory / name_of(dead, "cccccccccccccccc");
  REQUIRE(mkdir(inside.c_str(), 0700) == 0);
  const std::string other = make(directory, "profiler-1.tables", 30 * kDay);
  const std::string foreign = make(directory, name_of(dead, "dddddddddddddddd"), 30 * kDay);
  const bool given_away = geteuid() == 0 && chown(foreign.c_str(), 65534, 65534) == 0;
  for (const std::string& path : {link, pipe, inside}) set_age(path, 30 * kDay);
  CHECK(sweep_all(directory) == (given_away ? 0 : 1));
  for (const std::string& path : {target, link, pipe, inside, other}) CHECK(exists(path));
}

TEST_CASE("a later process of a tree removes what its own earlier images left, no more") {
  const TemporaryDirectory directory;
  const std::string own = make(directory, name_of(getpid()), 30 * kDay);
  const std::string own_young = make(directory, name_of(getpid(), "1123456789abcdef"), kDay);
  const std::string other = make(directory, name_of(dead_pid()), 30 * kDay);
  const auto now = static_cast<uint64_t>(time(nullptr));
  const std::string path = directory.path();
  CHECK(spool::sweep({path, now, static_cast<uint64_t>(getpid()), false}) == 1);
  CHECK_FALSE(exists(own));
  CHECK(exists(own_young));  // it was killed, or its number came back
  CHECK(exists(other));
}

TEST_CASE("the directory of a run that is dead goes after seven days with what is in it") {
  const TemporaryDirectory directory;
  const std::string run = directory / "profiler-run-abcdef";
  REQUIRE(mkdir(run.c_str(), 0700) == 0);
  std::ofstream(run + "/written") << "x";
  const std::string tables = run + "/" + name_of(dead_pid());
  std::ofstream(tables) << "x";
  std::ofstream(tables.substr(0, tables.rfind('.')) + ".origin") << "x";
  set_age(tables, 8 * kDay);
  set_age(run, 8 * kDay);
  const int lock = open((run + "/written").c_str(), O_RDONLY | O_CLOEXEC);
  REQUIRE(flock(lock, LOCK_EX | LOCK_NB) == 0);
  CHECK(sweep_all(directory) == 0);
  CHECK(exists(tables));
  close(lock);
  CHECK(sweep_all(directory) == 1);
  CHECK_FALSE(exists(run));
}

TEST_CASE("a directory of ten thousand other things is looked at in part, and soon") {
  const TemporaryDirectory directory;
  for (int i = 0; i < 10000; i++) std::ofstream(directory / std::to_string(i));
  timespec before{}, after{};
  clock_gettime(CLOCK_THREAD_CPUTIME_ID, &before);
  CHECK(sweep_all(directory) == 0);
  clock_gettime(CLOCK_THREAD_CPUTIME_ID, &after);
  CHECK((after.tv_sec - before.tv_sec) * 1e3 +
            static_cast<double>(after.tv_nsec - before.tv_nsec) / 1e6 <
        20);
}
