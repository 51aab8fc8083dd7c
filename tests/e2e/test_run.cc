// `profiler run`: ends as its command ends, and says why a program cannot be preloaded.
#include <sys/stat.h>
#include <unistd.h>

#include <catch2/catch.hpp>

#include "env/options.h"
#include "tests/e2e/harness.h"
#include "tests/e2e/profile_file.h"

using namespace e2e;

namespace {

Command run_under(const TemporaryDirectory& output, const std::vector<std::string>& command,
                  const std::string& modes = "heap") {
  Command result = {{program(), "run", "--mode", modes, "--output", output.path() + "/", "--"}};
  result.arguments.insert(result.arguments.end(), command.begin(), command.end());
  return result;
}

// A whole 32-bit program: _exit(7).
std::string program_of_32_bits() {
  const unsigned char bytes[] = {
      0x7f, 'E', 'L', 'F', 1, 1, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0,           // 32 bits
      2, 0, 3, 0, 1, 0, 0, 0, 0x54, 0x80, 4, 8, 0x34, 0, 0, 0,           // i386,
                                                                         // entry
                                                                         // 0x8048054
      0, 0, 0, 0, 0, 0, 0, 0, 0x34, 0, 0x20, 0, 1, 0, 0, 0, 0, 0, 0, 0,  // one program header
      1, 0, 0, 0, 0, 0, 0, 0, 0, 0x80, 4, 8, 0, 0x80, 4, 8,              // PT_LOAD at
                                                                         // 0x8048000
      0x60, 0, 0, 0, 0x60, 0, 0, 0, 5, 0, 0, 0, 0, 0x10, 0, 0,           // 96 bytes,
                                                                         // r-x
      0xb8, 1, 0, 0, 0, 0xbb, 7, 0, 0, 0, 0xcd, 0x80};                   // mov, mov, int 0x80
  return {reinterpret_cast<const char*>(bytes), sizeof bytes};
}

void check_reason(const Command& under, const Command& bare, const std::string& reason) {
  const Outcome plain = run(bare), ours = run(under);
  INFO("stderr: " << ours.err);
  if (plain.end() != "exit 127") CHECK(ours.end() == plain.end());
  CHECK(ours.out == plain.out);
  REQUIRE_FALSE(ours.error_lines().empty());
  CHECK(ours.err.find(reason) != std::string::npos);
}

}  // namespace

TEST_CASE("run ends as the command ends, by the same signal too") {
  for (const std::string how :
       {"return", "exit", "_exit", "quick_exit", "sigterm", "abort", "sigkill"}) {
    INFO("ends by " << how);
    TemporaryDirectory output;
    const Command bare = {{target("ends"), how}};
    const Outcome plain = run(bare);
    const Outcome ours = run(run_under(output, bare.arguments));
    CHECK(ours.end() == plain.end());
    CHECK(ours.out == plain.out);
  }
}

TEST_CASE("run writes the modes asked for, with names in the files") {
  TemporaryDirectory output;
  Command command = run_under(output, {target("inlined")}, "heap,cpu");
  command.environment["PROFILER_HEAP_RATE"] = "1";
  const Outcome ours = run(command);
  CHECK(ours.end() == "exit 0");
  CHECK(ours.out.empty());
  const ProfileFile heap(only(output.profiles("heap")));
  const ProfileFile cpu(only(output.profiles("cpu")));
  CHECK(heap.containing("alloc_objects", "main") >= 11);
  CHECK(cpu.containing("cpu", "main") > 200000000);
}

TEST_CASE("run symbolizes a whole tree") {
  TemporaryDirectory output;
  Command command = run_under(output, {target("fork_children")});
  command.environment["PROFILER_HEAP_RATE"] = "1";
  const Outcome ours = run(command);
  CHECK(ours.out == "7 8\n");
  const std::vector<std::string> paths = output.profiles("heap");
  CHECK(paths.size() == 3);
  for (const std::string& path : paths) CHECK(ProfileFile(path).has_function("main"));
}

TEST_CASE("options after -- and input belong to the command") {
  TemporaryDirectory output;
  Command command = run_under(output, {"cat", "-n"});
  command.input = "first\nsecond\n";
  const Outcome ours = run(command);
  CHECK(ours.out == run({{"cat", "-n"}, {}, {}, command.input}).out);
  CHECK(ours.end() == "exit 0");
}

TEST_CASE("--hz reaches the profile") {
  TemporaryDirectory output;
  run({{program(), "run", "--mode", "cpu", "--hz", "50", "--output", output.path() + "/", "--",
        target("inlined")}});
  CHECK(ProfileFile(only(output.profiles("cpu"))).proto().period() == 20000000);
}

TEST_CASE(
    "a command that is not found is status 127, one that cannot be executed 126, and one line") {
  TemporaryDirectory output;
  const std::pair<const char*, const char*> cases[] = {{"/does/not/exist", "exit 127"},
                                                       {"no-such-command-at-all", "exit 127"},
                                                       {"/etc/passwd", "exit 126"},
                                                       {"/etc", "exit 126"}};
  for (const auto& [name, end] : cases) {
    const std::string command = name;
    const Outcome ours = run(run_under(output, {command}));
    INFO(ours.err);
    CHECK(ours.end() == end);
    CHECK(run({{"env", command}}).end() == end);
    REQUIRE(ours.error_lines().size() == 1);
    CHECK(ours.err.find(command) != std::string::npos);
  }
}

TEST_CASE("run prints the paths of its tree's files on stderr after the command") {
  TemporaryDirectory output;
  const std::string line = target("ends") + " exit; echo ended >&2";
  Command command{{program(), "run", "--mode", "cpu,heap", "--merge", "--output",
                   output.path() + "/a.%p.%m.pb.gz", "--only", "target_ends", "--", "sh", "-c",
                   line}};
  const Outcome ours = run(command);
  CHECK(ours.end() == "exit 0");
  CHECK(ours.err ==
        "ended\n" + only(output.profiles("cpu")) + "\n" + only(output.profiles("heap")) + "\n");
  command.arguments.insert(command.arguments.begin() + 2, "--quiet");
  CHECK(run(command).err == "ended\n");
}

TEST_CASE("wrong usage is status 2, with a line that says what") {
  CHECK(run({{program(), "run"}}).end() == "exit 2");
  CHECK(run({{program(), "run", "--frobnicate", "--", "true"}}).end() == "exit 2");
  const Outcome no_mode = run({{program(), "run", "--mode", "", "--", "true"}});
  CHECK(no_mode.end() == "exit 2");
  CHECK(no_mode.err.find("run: --mode '': accepted: ") != std::string::npos);
  CHECK(run({{program(), "symbolize"}}).end() == "exit 2");
  CHECK(run({{program(), "symbolize", "/does/not/exist.pb.gz"}}).end() == "exit 2");
  CHECK(run({{program(), "frobnicate"}}).end() == "exit 2");
  const Outcome ours = run({{program(), "symbolize", "/etc/passwd"}});
  CHECK(ours.end() == "exit 2");
  CHECK(ours.err.find("/etc/passwd") != std::string::npos);
}

TEST_CASE("a bad value given to run is status 2 and one line, and the command is not started") {
  const std::vector<std::vector<std::string>> cases = {{"--mode", "hepa"},   {"--hz", "0"},
                                                       {"--heap-rate", "x"}, {"--memory", "1"},
                                                       {"--unwinder", "no"}, {"--interval", "7"}};
  for (const auto& words : cases) {
    const Outcome ours = run({{program(), "run", words[0], words[1], "--", "echo", "started"}});
    INFO(words[0] << ": " << ours.err);
    CHECK(ours.end() == "exit 2");
    CHECK(ours.out.empty());
    REQUIRE(ours.error_lines().size() == 1);
    CHECK(ours.err.find(words[0] + " " + words[1]) != std::string::npos);
    CHECK(ours.err.find("accepted: ") != std::string::npos);
  }
}

TEST_CASE("a flag of run takes 0 and 1 alone, and an option given again holds") {
  const auto end_of = [](const std::vector<std::string>& options) {
    Command command = {{program(), "run"}};
    command.arguments.insert(command.arguments.end(), options.begin(), options.end());
    command.arguments.insert(command.arguments.end(),
                             {"--mode", "none", "--", "sh", "-c", "echo $PROFILER_CHILDREN"});
    const Outcome ours = run(command);
    return ours.end() + ": " + ours.out + ours.err;
  };
  const std::string refused = "exit 2: profiler: run: --children 2: accepted: 0, 1\n";
  CHECK(end_of({"--children=2"}) == refused);
  CHECK(end_of({"--children=1"}) == "exit 0: 1\n");
  CHECK(end_of({"--no-children=1"}) == "exit 0: 0\n");
  CHECK(end_of({"--no-children", "--children"}) == "exit 0: 1\n");
  CHECK(end_of({"--mode", "cpu"}) == "exit 0: \n");
}

TEST_CASE("run has an option for each variable, and flags can be turned off") {
  const Outcome help = run({{program(), "help", "run"}});
  CHECK(help.end() == "exit 0");
  for (const options::Row& row : options::kRows) {
    if (row.name == "HELP") continue;
    std::string option = "--";
    for (const char c : row.name) option += c == '_' ? '-' : static_cast<char>(tolower(c));
    INFO(option);
    CHECK(help.out.find("\n  " + option) != std::string::npos);
  }
  TemporaryDirectory output;
  Command command = run_under(output, {target("fork_children")});
  command.arguments.insert(command.arguments.begin() + 2, "--no-children");
  run(command);
  CHECK(output.profiles("heap").size() == 1);
}

TEST_CASE("--help helps, for each subcommand") {
  for (const std::vector<std::string>& arguments :
       std::vector<std::vector<std::string>>{{program(), "--help"},
                                             {program(), "help"},
                                             {program(), "help", "merge"},
                                             {program(), "run", "--help"},
                                             {program(), "symbolize", "--help"}}) {
    const Outcome ours = run({arguments});
    CHECK(ours.end() == "exit 0");
    CHECK(ours.out.find("--help") != std::string::npos);
  }
}

TEST_CASE("a static program runs, and run says that it is static") {
  TemporaryDirectory output;
  check_reason(run_under(output, {target("static")}), {{target("static")}}, "static");
  CHECK(output.files().empty());
}

TEST_CASE("a 32-bit program runs as it can, and run says that it has 32 bits") {
  TemporaryDirectory output, directory;
  const std::string path = directory / "small";
  write_file(path, program_of_32_bits());
  chmod(path.c_str(), 0755);
  check_reason(run_under(output, {path}), {{path}}, "32");
}

TEST_CASE("a program of another libc is reported as such") {
  TemporaryDirectory output;
  check_reason(run_under(output, {target("other_libc")}), {{target("other_libc")}}, "musl");
}

TEST_CASE("a set-uid program runs, and run says that it is set-uid") {
  if (geteuid() != 0) return skip("set-uid programs", "needs root to make one");
  TemporaryDirectory output, directory;
  const std::string path = directory / "privileged";
  write_file(path, read_file(target("idle")));
  REQUIRE(chown(path.c_str(), 65534, 65534) == 0);
  REQUIRE(chmod(path.c_str(), 04755) == 0);
  check_reason(run_under(output, {path}), {{path}}, "set-uid");
}
