// The same command bare and profiled: same end, same stdout, same stderr, same files made.
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <catch2/catch.hpp>
#include <cstdlib>

#include "tests/e2e/harness.h"
#include "tests/e2e/profile_file.h"

using namespace e2e;

namespace {

const std::vector<std::string> kModes = {"cpu", "heap", "fd,custom", "cpu,heap,allocs"};

void in_every_mode(const Command& command, const Environment& more = {}) {
  for (const std::string& modes : kModes) {
    INFO("modes: " << modes);
    TemporaryDirectory output;
    same_as_bare(command, modes, output, more);
    CHECK_FALSE(output.files().empty());
  }
}

void shell(const std::string& script, const Environment& more = {}) {
  INFO("script: " << script);
  in_every_mode({{"bash", "-c", script}}, more);
}

}  // namespace

TEST_CASE("everyday programs print and end as they do bare") {
  in_every_mode({{"/bin/true"}});
  in_every_mode({{"/bin/false"}});
  in_every_mode({{"/bin/ls", "-l", "/usr/bin"}});
  in_every_mode({{"/bin/cat"}, {}, {}, "a line\n"});
  shell("for i in 1 2 3; do echo $i | cat; done; echo >&2 an error; exit 5");
  shell("sort </etc/passwd | head -3 | md5sum; exit 77");
  in_every_mode({{"python3", "-c", "import json; print(json.dumps(list(range(1000))))"}});
  in_every_mode({{"python3", "-c", "import sys; sys.stderr.write('no\\n'); sys.exit(9)"}});
}

TEST_CASE("with every allocation recorded too") {
  const Environment every = {{"PROFILER_HEAP_RATE", "1"}, {"PROFILER_CPU_HZ", "1000"}};
  in_every_mode({{"/bin/ls", "-l", "/usr/bin"}}, every);
  in_every_mode({{"python3", "-c", "print(sum(len(str(i)) for i in range(20000)))"}}, every);
  shell("ls / | wc -l; false", every);
}

TEST_CASE("each way to end stays as it was") {
  for (const std::string how :
       {"return", "exit", "_exit", "_Exit", "quick_exit", "thread", "sigterm", "abort", "segv"}) {
    INFO("ends by " << how);
    TemporaryDirectory output, spool;  // a killed process leaves its spool
    same_as_bare({{target("ends"), how}}, "cpu,heap", output,
                 {{"PROFILER_HEAP_RATE", "1"}, {"PROFILER_SPOOL", spool.path()}});
    if (how == "sigterm" || how == "abort" || how == "segv") continue;
    const ProfileFile profile(only(output.profiles("heap")));
    CHECK(profile.at_leaf("alloc_space", "site_of_ends") == 7001);
  }
}

TEST_CASE("the victims notice nothing") {
  for (const std::string name : {"own_sigprof", "masked_thread", "main_leaves", "close_everything",
                                 "errno_keeper", "recursion", "inlined"}) {
    INFO("victim: " << name);
    in_every_mode({{target(name)}});
  }
}

TEST_CASE("a host that owns SIGPROF is profiled all the same, and a comment says so") {
  TemporaryDirectory output;
  same_as_bare({{target("own_sigprof")}}, "cpu", output);
  const ProfileFile profile(only(output.profiles("cpu")));
  const double seconds =
      static_cast<double>(profile.containing("cpu", "burn_under_own_timer")) / 1e9;
  CHECK(seconds > 0.4);
  CHECK(seconds < 0.8);
  INFO(profile.all_comments());
  CHECK(profile.all_comments().find("SIGPROF") != std::string::npos);
}

TEST_CASE("a program that lives on after main's pthread_exit is profiled to its end") {
  TemporaryDirectory output;
  same_as_bare({{target("main_leaves")}}, "cpu", output);
  const ProfileFile profile(only(output.profiles("cpu")));
  CHECK(profile.containing("cpu", "burn_after_main") > 200000000);
}

// env/sys/x86_64/clean_state.h leaves the state of that unit alone.
TEST_CASE("no instruction of the library is one of x87") {
  // All that begin with f but fs, the prefix.
  const std::string mnemonics = "ldmxcsr|f[a-rt-z][a-z0-9]*|fs[a-z]+";
  const Outcome listed = run({{"bash", "-c",
                               "objdump -d --no-show-raw-insn " + library() + " | grep -oP '\\t(" +
                                   mnemonics + ")\\b' | sort -u"}});
  CHECK(listed.out == "\tldmxcsr\n");
}

TEST_CASE("the environment reaches the program as it was given") {
  const Environment before = {{"LD_PRELOAD", library()},
                              {"PROFILER_MODE", "cpu,heap"},
                              {"PROFILER_OUTPUT", "/nowhere/"},
                              {"PROFILER_LOG", "quiet"}};
  for (const Command& command : {Command{{target("print_environment")}}, Command{{"env", "-0"}},
                                 Command{{"bash", "-c", "env -0"}},
                                 Command{{"python3", "-c", "import os; print(os.environ)"}}}) {
    Command without = command, with = command;
    with.environment = before;
    // The bare run has the same variables under names that mean nothing.
    for (const auto& [name, value] : before) without.environment["X" + name] = value;
    std::string expected = run(without).out;
    const Outcome ours = run(with);
    for (const auto& [name, value] : before) {
      for (size_t at; (at = expected.find("X" + name)) != std::string::npos;) expected.erase(at, 1);
    }
    const auto sorted = [](std::string text) {
      std::sort(text.begin(), text.end());  // the order of variables differs with their names
      return text;
    };
    CHECK(sorted(ours.out) == sorted(expected));
  }
}

TEST_CASE("a scrubbed environment means no profile and no word") {
  TemporaryDirectory output;
  const Outcome ours = same_as_bare({{"env", "-i", "/bin/ls", "/"}}, "heap", output);
  CHECK(ours.err.empty());
}

TEST_CASE("without a mode nothing is written") {
  TemporaryDirectory output;
  Command command = {{target("heap_sites")}};
  command.directory = output.path();
  const Outcome bare = run(command);
  command.environment = {{"LD_PRELOAD", library()}};
  const Outcome ours = run(command);
  CHECK(ours.end() == bare.end());
  CHECK(ours.out == bare.out);
  CHECK(ours.err.empty());
  CHECK(output.files().empty());
}

TEST_CASE("the host's descriptors are its own") {
  in_every_mode({{"ls", "/proc/self/fd"}});
  in_every_mode({{"python3", "-c", "import os; print(sorted(os.listdir('/proc/self/fd')))"}});
  const std::string closed = "exec python3 -c 'import os; print(os.open(\"/dev/null\", 0))' 0<&-";
  in_every_mode({{"bash", "-c", closed}});
}

TEST_CASE("limits on files, memory and descriptors hurt as little as bare") {
  for (const std::string limit : {"ulimit -f 0", "ulimit -v 400000", "ulimit -n 4"}) {
    INFO(limit);
    TemporaryDirectory output;
    const Command command = {{"bash", "-c", limit + "; exec " + target("ends") + " exit"}};
    const Outcome bare = run(command);
    const Outcome ours = run(profiled(command, "cpu,heap", output, {{"PROFILER_LOG", "quiet"}}));
    CHECK(ours.end() == bare.end());
    CHECK(ours.out == bare.out);
    CHECK(ours.err == bare.err);
    for (const std::string& name : output.files()) check_rules(output / name);
  }
}

// SIGXFSZ came with our own line about it.
TEST_CASE("a line of ours that the limit of file sizes forbids kills nothing") {
  TemporaryDirectory output;
  const std::string words = "ulimit -f 0; exec \"$0\" exit 2>> \"$1\"";
  const Command command = {{"bash", "-c", words, target("ends"), output / "errors"}};
  write_file(output / "errors", "before\n");
  const Outcome bare = run(command);
  const Outcome ours =
      run(profiled(command, "cpu,heap", output, {{"PROFILER_OUTPUT", "/none/%p.%m.pb.gz"}}));
  CHECK(ours.end() == bare.end());
  CHECK(ours.out == bare.out);
}

TEST_CASE("a set-uid program ignores the profiler's variables") {
  if (geteuid() != 0) return skip("set-uid programs", "needs root to make one");
  TemporaryDirectory directory, output;
  const std::string copy = directory / "setuid_ends";
  write_file(copy, read_file(target("ends")));
  REQUIRE(chown(copy.c_str(), 65534, 65534) == 0);
  REQUIRE(chmod(copy.c_str(), 06755) == 0);
  chmod(directory.path().c_str(), 0755), chmod(output.path().c_str(), 0777);
  const Outcome bare = run({{copy, "exit"}});
  const Outcome ours = run(profiled({{copy, "exit"}}, "heap", output));
  CHECK(ours.end() == bare.end());
  CHECK(ours.out == bare.out);
  CHECK(output.files().empty());
}

TEST_CASE("a normal end leaves no spool behind") {
  TemporaryDirectory output, spool;
  same_as_bare({{target("heap_sites")}}, "cpu,heap", output, {{"PROFILER_SPOOL", spool.path()}});
  CHECK(spool.files().empty());
  CHECK(output.files().size() == 2);
}
