// Where the files go, what they are called, and what is said when they cannot be written.
#include <sys/mount.h>
#include <sys/stat.h>
#include <unistd.h>

#include <catch2/catch.hpp>
#include <regex>

#include "tests/e2e/harness.h"
#include "tests/e2e/profile_file.h"

using namespace e2e;

namespace {

// Runs `ends exit` in `directory` with this PROFILER_OUTPUT.
Outcome run_with(const TemporaryDirectory& directory, const std::string& output,
                 const std::string& modes = "heap", Environment more = {}) {
  Command command = profiled({{target("ends"), "exit"}}, modes, directory, more);
  if (output.empty()) {
    command.environment.erase("PROFILER_OUTPUT");
  } else {
    command.environment["PROFILER_OUTPUT"] = output;
  }
  command.directory = directory.path();
  return run(command);
}

std::string pid_of(const Outcome& outcome) {
  return std::to_string(outcome.pid);
}

void check_unharmed(const Outcome& outcome) {
  CHECK(outcome.end() == "exit 3");
  CHECK(outcome.out == "ends by exit\n");
}

// The host is unharmed and exactly one line of ours, with `hint` in it, is on stderr.
void check_one_line(const Outcome& outcome, const std::string& hint) {
  check_unharmed(outcome);
  INFO("stderr: " << outcome.err);
  const std::vector<std::string> lines = outcome.error_lines();
  REQUIRE(lines.size() == 1);
  CHECK(lines[0].find("profiler: ") == 0);
  CHECK(lines[0].find(hint) != std::string::npos);
}

}  // namespace

TEST_CASE("the default name is program, pid and mode in the directory of the start") {
  TemporaryDirectory directory;
  const Outcome ours = run_with(directory, "");
  check_unharmed(ours);
  CHECK(ours.err.empty());
  const std::vector<std::string> expected = {"target_ends." + pid_of(ours) + ".heap.pb.gz"};
  CHECK(directory.files() == expected);
}

TEST_CASE("a relative name counts from the directory of the start, wherever the program goes") {
  TemporaryDirectory directory, elsewhere;
  const std::string script = "import os; os.chdir('" + elsewhere.path() + "'); os.fork()";
  Command command = profiled({{"python3", "-c", script}}, "heap", directory);
  command.environment["PROFILER_OUTPUT"] = "here.pb.gz";
  command.directory = directory.path();
  CHECK(run(command).end() == "exit 0");
  CHECK(directory.files().size() == 2);  // the child's has its pid
  CHECK(elsewhere.files().empty());
}

TEST_CASE("every placeholder of the template is filled in") {
  TemporaryDirectory directory;
  const Outcome ours = run_with(directory, "%e-%p-%m-%h-%t-%n-%q{COLOUR}-%%.pb.gz", "heap",
                                {{"COLOUR", "light/blue"}});
  check_unharmed(ours);
  char host[256] = "";
  gethostname(host, sizeof host);
  REQUIRE(directory.files().size() == 1);
  const std::regex form("target_ends-" + pid_of(ours) + "-heap-" + host +
                        "-[0-9]{10}-1-light_blue-%\\.pb\\.gz");
  INFO(directory.files()[0]);
  CHECK(std::regex_match(directory.files()[0], form));
}

TEST_CASE("a template without a mode gets one before the extension when there are two") {
  TemporaryDirectory directory;
  check_unharmed(run_with(directory, "both.pb.gz", "cpu,heap"));
  CHECK(directory.files() == std::vector<std::string>{"both.cpu.pb.gz", "both.heap.pb.gz"});
  TemporaryDirectory single;
  check_unharmed(run_with(single, "one.pb.gz", "heap"));
  CHECK(single.files() == std::vector<std::string>{"one.pb.gz"});
}

TEST_CASE("children get their pid where the template lacks it") {
  TemporaryDirectory directory;
  Command command = profiled({{target("fork_children")}}, "heap", directory);
  command.environment["PROFILER_OUTPUT"] = directory / "tree.pb.gz";
  const Outcome ours = run(command);
  CHECK(ours.out == "7 8\n");
  REQUIRE(directory.files().size() == 3);
  int with_pid = 0;
  for (const std::string& name : directory.files()) {
    INFO(name);
    if (name == "tree.pb.gz") continue;
    CHECK(std::regex_match(name, std::regex("tree\\.[0-9]+\\.pb\\.gz")));
    with_pid++;
  }
  CHECK(with_pid == 2);
}

TEST_CASE(
    "a value that is a directory, or ends in a slash, is the directory for the default name") {
  TemporaryDirectory directory;
  mkdir((directory / "there").c_str(), 0755);
  for (const std::string output : {"there", "made/"}) {
    const Outcome ours = run_with(directory, directory / output);
    check_unharmed(ours);
    const std::string name = "target_ends." + pid_of(ours) + ".heap.pb.gz";
    CHECK_NOTHROW(ProfileFile(directory / (output + "/" + name)));
  }
}

TEST_CASE("a file of an earlier run is replaced, a reader never sees half of one") {
  TemporaryDirectory directory;
  write_file(directory / "again.pb.gz", "old");
  check_unharmed(run_with(directory, "again.pb.gz"));
  CHECK(directory.files() == std::vector<std::string>{"again.pb.gz"});
  CHECK_NOTHROW(ProfileFile(directory / "again.pb.gz"));
}

TEST_CASE("a planted link is replaced, not followed") {
  TemporaryDirectory directory, elsewhere;
  write_file(elsewhere / "treasure", "untouched");
  REQUIRE(symlink((elsewhere / "treasure").c_str(), (directory / "x.pb.gz").c_str()) == 0);
  check_unharmed(run_with(directory, "x.pb.gz"));
  CHECK(read_file(elsewhere / "treasure") == "untouched");
  CHECK_NOTHROW(ProfileFile(directory / "x.pb.gz"));
}

namespace {

unsigned mode_of(const std::string& path) {
  struct stat st = {};
  REQUIRE(stat(path.c_str(), &st) == 0);
  return st.st_mode & 0777;
}

}  // namespace

TEST_CASE("a file is its user's alone, or as PROFILER_FILE_MODE says, whatever the umask") {
  for (const char* mask : {"0", "027", "077"}) {
    for (const std::string mode : {"", "640"}) {
      TemporaryDirectory directory;
      const std::string line = std::string("umask ") + mask + "; exec " + target("ends") + " exit";
      run(profiled({{"bash", "-c", line}}, "heap", directory, {{"PROFILER_FILE_MODE", mode}}));
      CHECK(directory.profiles("heap").size() == 2);
      for (const std::string& path : directory.profiles("heap")) {
        INFO(path << " " << mask);
        CHECK(mode_of(path) == (mode.empty() ? 0600 : 0640));
      }
    }
  }
}

TEST_CASE("a directory that is made for the files may be entered by the same users") {
  TemporaryDirectory directory;
  const Outcome ours =
      run_with(directory, directory / "new/inner/", "heap", {{"PROFILER_FILE_MODE", "644"}});
  check_unharmed(ours);
  CHECK(mode_of(directory / "new") == 0755);
  CHECK(mode_of(directory / "new/inner") == 0755);
}

TEST_CASE("with PROFILER_LOG=info each file is named with the command that opens it") {
  TemporaryDirectory directory;
  const Outcome ours = run_with(directory, "", "cpu,heap", {{"PROFILER_LOG", "info"}});
  check_unharmed(ours);
  INFO(ours.err);
  int named = 0;
  for (const std::string& line : ours.error_lines()) {
    CHECK(line.find("profiler: ") == 0);
    if (line.find(".pb.gz") != std::string::npos &&
        line.find("go tool pprof") != std::string::npos) {
      named++;
      const std::string owner = " (mode 600, user " + std::to_string(geteuid()) + "): ";
      CHECK(line.find(owner) != std::string::npos);
    }
  }
  CHECK(named == 2);
}

TEST_CASE("a missing directory is one clear line") {
  TemporaryDirectory directory;
  check_one_line(run_with(directory, directory / "not/there/x.pb.gz"), "not/there");
  CHECK(directory.files().empty());
}

TEST_CASE("an unwritable directory is one clear line, also for the files of two modes") {
  TemporaryDirectory directory;
  check_one_line(run_with(directory, "/proc/sys/"), "/proc/sys");
  const Outcome two = run_with(directory, "/proc/sys/", "cpu,heap");
  check_unharmed(two);
  INFO(two.err);
  CHECK(two.error_lines().size() == 1);
  for (const std::string& line : two.error_lines()) {
    CHECK(line.find("/proc/sys") != std::string::npos);
  }
}

TEST_CASE("a name of 300 bytes is one clear line") {
  TemporaryDirectory directory;
  check_one_line(run_with(directory, directory / (std::string(300, 'n') + ".pb.gz")),
                 "PROFILER_OUTPUT");
  CHECK(directory.files().empty());
}

TEST_CASE("a name of 5000 bytes is one clear line, and the default name is used") {
  TemporaryDirectory directory;
  const Outcome ours = run_with(directory, directory / (std::string(5000, 'n') + ".pb.gz"));
  check_one_line(ours, "PROFILER_OUTPUT");
  const std::vector<std::string> expected = {"target_ends." + pid_of(ours) + ".heap.pb.gz"};
  CHECK(directory.files() == expected);
}

TEST_CASE("a full disk is one clear line and no half file") {
  TemporaryDirectory directory;
  const std::string disk = directory / "disk";
  mkdir(disk.c_str(), 0777);
  if (mount("none", disk.c_str(), "tmpfs", 0, "size=64k") != 0) {
    return skip("a full disk", "needs the right to mount");
  }
  write_file(disk + "/filler", std::string(60 * 1024, 'f'));
  const Outcome ours = run_with(directory, disk + "/", "heap", {{"PROFILER_HEAP_RATE", "1"}});
  std::string left = run({{"ls", disk}}).out;
  Command big = profiled({{"python3", "-c", "print(len([str(i) for i in range(9999)]))"}}, "heap",
                         directory, {{"PROFILER_HEAP_RATE", "1"}, {"PROFILER_OUTPUT", disk + "/"}});
  const Outcome python = run(big);
  const std::string left_by_python = run({{"ls", disk}}).out;
  umount(disk.c_str());
  check_unharmed(ours);
  CHECK(python.out == "9999\n");
  CHECK(python.end() == "exit 0");
  INFO(python.err);
  REQUIRE(python.error_lines().size() == 1);
  CHECK(python.err.find(disk) != std::string::npos);
  CHECK(left_by_python == left);
}

TEST_CASE("an empty recording is still a valid file that says why") {
  TemporaryDirectory directory;
  check_unharmed(run_with(directory, "", "cpu"));
  const ProfileFile profile(only(directory.profiles("cpu")));
  INFO(profile.all_comments());
  if (profile.proto().sample_size() == 0) {
    CHECK(profile.all_comments().find("empty") != std::string::npos);
  }
}

TEST_CASE("the comments tell version, mode, command line, host and the counters") {
  TemporaryDirectory directory;
  run_with(directory, "", "heap", {{"PROFILER_COMMAND_LINE", "full"}});
  const ProfileFile profile(only(directory.profiles("heap")));
  const std::string comments = profile.all_comments();
  INFO(comments);
  for (const std::string word : {"0.1.0", "heap", "target_ends exit", "lost", "memory"}) {
    INFO(word);
    CHECK(comments.find(word) != std::string::npos);
  }
}

// A command line may hold a password. A process that is killed leaves its tables, which any reader
// of core dumps sees too: by default the arguments are not even in there.
TEST_CASE("neither files nor tables hold the arguments unless PROFILER_COMMAND_LINE=full") {
  for (const std::string kept : {"program", "full"}) {
    TemporaryDirectory directory, spool;
    const Environment more = {{"PROFILER_COMMAND_LINE", kept}, {"PROFILER_SPOOL", spool.path()}};
    run(profiled({{target("ends"), "sigkill", "--password=hunter2"}}, "heap", directory, more));
    const bool is_full = kept == "full";
    REQUIRE(spool.tables().size() == 1);
    CHECK((read_file(spool.tables()[0]).find("hunter2") != std::string::npos) == is_full);
    run({{program(), "recover", spool.tables()[0]}});
    const std::string comments = ProfileFile(only(directory.profiles("heap"))).all_comments();
    CHECK((comments.find("command: target_ends\n") == std::string::npos) == is_full);
    CHECK((comments.find("hunter2") != std::string::npos) == is_full);
  }
}
