#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <catch2/catch.hpp>
#include <filesystem>
#include <random>

#include "program/profiles/profile_file.h"
#include "program/recovery/recovery.h"
#include "program/recovery/spool_owner.h"
#include "program/run/run_directory.h"
#include "program/system/console.h"
#include "program/system/subcommand.h"
#include "tests/unit/encoder/fake_tables.h"
#include "tests/unit/program/recovery/left_tables.h"
#include "tests/unit/program/workshop.h"

using program::Recovery;

namespace {

std::string comments_of(const std::string& path) {
  program::ProfileFile file;
  std::string error, all;
  REQUIRE(file.read(path, &error));
  for (const int64_t index : file.profile().comment()) {
    all += file.profile().string_table(static_cast<int>(index)) + "\n";
  }
  return all;
}

}  // namespace

TEST_CASE("a killed process's tables become its file, say so, and go") {
  const Workshop workshop;
  const int pid = dead_pid();
  const std::string spool = leave(workshop, bytes_of(tables_of(workshop, pid)), {pid});
  CHECK(recover({spool}) == program::kDone);
  CHECK_FALSE(std::filesystem::exists(spool));
  const std::string path = workshop.path("app." + std::to_string(pid) + ".cpu.pb.gz");
  const std::string comments = comments_of(path);
  CHECK(comments.find("\nrecovered: the process ended without writing its profile\n") !=
        std::string::npos);
  CHECK(recover({spool}) == program::kUsageOrUnreadable);
}

TEST_CASE("the end is when the tables were last changed, or when run saw the process dead") {
  const Workshop workshop;
  const int pid = dead_pid();
  FakeTables t = tables_of(workshop, pid);
  timespec now{};
  clock_gettime(CLOCK_REALTIME, &now);
  t.header().start_realtime_ns = (static_cast<uint64_t>(now.tv_sec) - 100) * 1000000000;
  const auto duration = [&](uint64_t end_ns) {
    const std::string spool = leave(workshop, bytes_of(t), {pid, "a.pb.gz"});
    program::RecoveryOptions options;
    options.end_monotonic_ns = end_ns;
    const Recovery recovery = program::recover_spools({spool}, options);
    REQUIRE(recovery.to_keep.size() == 1);
    program::ProfileFile file;
    std::string error;
    REQUIRE(file.read(recovery.to_keep[0], &error));
    unlink(recovery.to_keep[0].c_str());
    return static_cast<double>(file.profile().duration_nanos()) / 1e9;
  };
  CHECK(duration(0) == Approx(100).margin(3));
  CHECK(duration(t.header().start_monotonic_ns + 7000000000) == Approx(7));
  // As on tmpfs, where a file keeps the time of its making.
  clock_gettime(CLOCK_REALTIME, &now);
  t.header().start_realtime_ns = (static_cast<uint64_t>(now.tv_sec) + 10) * 1000000000;
  CHECK(duration(0) == 0);
  t.header().last_sample_ns = t.header().start_monotonic_ns + 5000000000;
  CHECK(duration(0) == Approx(5));
}

TEST_CASE("a file that was whole before the kill is not made again") {
  const Workshop workshop;
  const int pid = dead_pid();
  FakeTables t = tables_of(workshop, pid);
  t.header().modes[0].written = 1;
  const std::string spool = leave(workshop, bytes_of(t), {pid});
  CHECK(recover({spool}) == program::kDone);
  CHECK_FALSE(std::filesystem::exists(spool));
  CHECK_FALSE(std::filesystem::exists(workshop.path("app." + std::to_string(pid) + ".cpu.pb.gz")));
}

TEST_CASE("a directory's tables are all recovered, one file a mode, by the template") {
  const Workshop workshop;
  for (int i = 0; i < 3; i++) {
    const int pid = dead_pid();
    FakeTables t = tables_of(workshop, pid);
    t.heap();
    leave(workshop, bytes_of(t), {pid, "profiles/"});
  }
  CHECK(recover({workshop.path("")}) == program::kDone);
  CHECK(workshop.shell("ls profiles | wc -l") == "6\n");
  CHECK(workshop.shell("ls *.tables 2>/dev/null | wc -l") == "0\n");
}

TEST_CASE("tables in use stay: by the lock of the mapping, by the mapping itself") {
  const Workshop workshop;
  const int pid = dead_pid();
  const std::string locked = leave(workshop, bytes_of(tables_of(workshop, pid)), {pid});
  const int fd = open(locked.c_str(), O_RDWR | O_CLOEXEC);
  REQUIRE(flock(fd, LOCK_EX | LOCK_NB) == 0);
  CHECK(recover({locked}) == program::kCheckFailed);
  CHECK(recover({workshop.path("")}) == program::kDone);  // it was not named
  CHECK(std::filesystem::exists(locked));
  close(fd);
  CHECK(program::maps_file(getpid(), "test_program", 0));
  CHECK_FALSE(program::maps_file(getpid(), "profiler-1-0123456789abcdef.tables", UINT64_MAX));
  CHECK_FALSE(program::maps_file(pid, "test_program", UINT64_MAX));
  CHECK(recover({locked}) == program::kDone);
}

TEST_CASE("what its process has written itself is removed without a file") {
  const Workshop workshop;
  const int pid = dead_pid();
  FakeTables t = tables_of(workshop, pid);
  t.header().state = static_cast<uint32_t>(layout::State::kWritten);
  const std::string spool = leave(workshop, bytes_of(t), {pid});
  CHECK(recover({spool}) == program::kDone);
  CHECK_FALSE(std::filesystem::exists(spool));
  CHECK(workshop.shell("ls | wc -l") == "0\n");
}

TEST_CASE("tables of another version, of no version, links and pipes are left as they are") {
  const Workshop workshop;
  const int pid = dead_pid();
  FakeTables other = tables_of(workshop, pid);
  other.header().version++;
  const std::string good = workshop.write("good", bytes_of(tables_of(workshop, pid)));
  workshop.shell("ln -s good " + name_of(pid) + " && mkfifo pipe");
  for (const std::string& path :
       {workshop.write("other", bytes_of(other)), workshop.write("text", "no tables at all"),
        workshop.write("empty", ""), workshop.path(name_of(pid)), workshop.path("pipe"),
        workshop.path("missing")}) {
    INFO(path);
    CHECK(recover({path}) == program::kUsageOrUnreadable);
    CHECK((std::filesystem::exists(path) || path.ends_with("missing")));
  }
  CHECK(recover({"--no-such-option"}) == program::kUsageOrUnreadable);
}

TEST_CASE("where no file can be written the tables stay for a second try") {
  const Workshop workshop;
  const int pid = dead_pid();
  FakeTables t = tables_of(workshop, pid);
  t.heap();
  const std::string spool = leave(workshop, bytes_of(t), {pid, "missing/%e.%m.pb.gz"});
  CHECK(recover({spool}) == program::kCheckFailed);
  workshop.shell("mkdir missing");
  CHECK(recover({spool}) == program::kDone);
  CHECK(workshop.shell("ls missing") == "app.cpu.pb.gz\napp.heap.pb.gz\n");
}

TEST_CASE("truncated and mutated tables give a file that pprof takes, or a sentence") {
  const Workshop workshop;
  const int pid = dead_pid();
  workshop.shell("mkdir out");
  FakeTables t = tables_of(workshop, pid);
  t.heap(4096);
  const std::string whole = bytes_of(t);
  program::set_level(program::Level::kQuiet);
  size_t files = 0;
  for (unsigned seed = 0; seed < 150; seed++) {
    std::mt19937 random(seed);
    std::string bytes = whole;
    if (seed % 3 == 0) {
      bytes.resize(random() % bytes.size());
    } else {
      const size_t from = seed % 3 == 1 ? 16 : sizeof(layout::Header);
      for (unsigned n = 1 + random() % 20; n > 0; n--) {
        bytes[from + random() % (t.header().used - from)] = static_cast<char>(random());
      }
    }
    const std::string spool = leave(workshop, bytes, {pid, "out/a.pb.gz"});
    const Recovery recovery = program::recover_spools({spool}, {});
    CHECK_FALSE(recovery.interrupted);
    for (const auto* list : {&recovery.to_name, &recovery.to_keep}) {
      for (const std::string& path : *list) {
        program::ProfileFile file;
        std::string error;
        INFO("seed " << seed << ": " << error);
        CHECK(file.read(path, &error));
        files++;
      }
    }
  }
  CHECK(files > 60);
}

TEST_CASE("a tenfold length is read no further than the file goes") {
  const Workshop workshop;
  const int pid = dead_pid();
  FakeTables t = tables_of(workshop, pid);
  t.header().committed = t.header().limit = uint64_t{1} << 40;
  const std::string spool = leave(workshop, bytes_of(t), {pid, "a.pb.gz"});
  CHECK(recover({spool}) == program::kDone);
  CHECK(comments_of(workshop.path("a.pb.gz")).find("cut short") != std::string::npos);
  const std::string huge = leave(workshop, bytes_of(t), {pid, "a.pb.gz"});
  REQUIRE(truncate(huge.c_str(), off_t{3} << 30) == 0);
  CHECK(recover({huge}) == program::kUsageOrUnreadable);
}

TEST_CASE("the directory of a run that was killed: its tables, and the names it had not put in") {
  const Workshop workshop;
  program::RunDirectory directory;
  REQUIRE(directory.make(workshop.path("")));
  const std::string path = directory.path();
  const int pid = dead_pid();
  const std::string file =
      workshop.write("run.pb.gz", profile_of("/bin/true", {0x2000}).SerializeAsString());
  leave(workshop, bytes_of(tables_of(workshop, pid)), {pid, "a.pb.gz"},
        path.substr(path.rfind('/') + 1) + "/");
  workshop.write(path.substr(path.rfind('/') + 1) + "/written", file + std::string(1, '\0'));
  CHECK(recover({path}) == program::kCheckFailed);  // run lives
  CHECK(recover({workshop.path("")}) == program::kDone);
  CHECK(std::filesystem::exists(path));
  directory.keep();  // its lock is gone with it
  CHECK(recover({workshop.path("")}) == program::kDone);
  CHECK_FALSE(std::filesystem::exists(path));
  CHECK(std::filesystem::exists(workshop.path("a.pb.gz")));
}
