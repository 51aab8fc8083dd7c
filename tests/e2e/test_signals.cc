// The signal that ticks come by: what a host may do with it, and with all others past libc.
#include <catch2/catch.hpp>

#include "tests/e2e/harness.h"
#include "tests/e2e/profile_file.h"

using namespace e2e;

namespace {

const Environment kFast = {{"PROFILER_CPU_HZ", "1000"}, {"PROFILER_WALL_HZ", "1000"}};

double seconds_in(const ProfileFile& profile, const std::string& function) {
  return static_cast<double>(profile.containing("cpu", function)) / 1e9;
}

bool says(const ProfileFile& profile, const std::string& words) {
  return profile.all_comments().find(words) != std::string::npos;
}

}  // namespace

TEST_CASE("a host that resets every action by syscall() sees the defaults and is sampled on") {
  TemporaryDirectory output;
  const Outcome ours = same_as_bare({{target("resets_actions"), "call"}}, "cpu", output, kFast);
  CHECK(ours.end() == "exit 4");
  const ProfileFile profile(only(output.profiles("cpu")));
  CHECK(seconds_in(profile, "burn_after") > 0.15);
  CHECK_FALSE(says(profile, "changed the action"));
}

TEST_CASE("a host that resets every action by its own instruction lives, and a comment says why") {
  TemporaryDirectory output;
  const Outcome ours =
      same_as_bare({{target("resets_actions"), "instruction"}}, "cpu", output, kFast);
  CHECK(ours.end() == "exit 4");
  const ProfileFile profile(only(output.profiles("cpu")));
  CHECK(seconds_in(profile, "burn_before") > 0.15);
  CHECK(seconds_in(profile, "[lost]") > 0.15);
  CHECK(says(profile, "the program changed the action of signal 23"));
}

TEST_CASE("a thread that begins after such a reset brings the ticks of all back") {
  TemporaryDirectory output;
  same_as_bare({{target("resets_actions"), "threads"}}, "cpu", output, kFast);
  const ProfileFile profile(only(output.profiles("cpu")));
  CHECK(seconds_in(profile, "burn_after") > 0.15);
  CHECK(seconds_in(profile, "burn_again") > 0.1);
}

TEST_CASE("syscall() takes the signal of the ticks, and gets the kernel's errors") {
  TemporaryDirectory output;
  same_as_bare({{target("resets_actions"), "own"}}, "cpu", output, kFast);
  const ProfileFile profile(only(output.profiles("cpu")));
  CHECK(seconds_in(profile, "burn_after") > 0.15);
  CHECK(says(profile, "signal 64"));
}

TEST_CASE("a vfork child that ignores the signal of the ticks ignores it for itself alone") {
  TemporaryDirectory output;
  Environment more = kFast;
  more["PROFILER_ONLY"] = "target_resets_actions";
  same_as_bare({{target("resets_actions"), "vfork"}}, "cpu", output, more);
  const ProfileFile profile(only(output.profiles("cpu")));
  CHECK(seconds_in(profile, "burn_after") > 0.15);
  CHECK(says(profile, "signal 23"));
}

TEST_CASE("SIGURG from the kernel, a timer or a thread reaches the host as bare") {
  TemporaryDirectory output;
  same_as_bare({{target("urgent_data")}}, "cpu,wall", output, kFast);
  const ProfileFile profile(only(output.profiles("cpu")));
  CHECK(profile.share("cpu", "[lost]") < 0.05);
}

TEST_CASE("the next program ignores what the host ignored, and its ticks come by another signal") {
  const std::string burn =
      "exec python3 -c 'import signal, sys\nfor i in range(3000000): pass\n"
      "print(signal.getsignal(signal.SIGURG))'";
  const std::string trap = GENERATE("", "trap '' URG; ");
  INFO(trap);
  TemporaryDirectory output;
  Environment more = kFast;
  more["PROFILER_ONLY"] = "python3*";
  same_as_bare({{"bash", "-c", trap + burn}}, "cpu", output, more);
  CHECK(says(ProfileFile(only(output.profiles("cpu"))), trap.empty() ? "signal 23" : "signal 64"));
}

// Its own signal was lost where a tick was pending as another thread sent it.
TEST_CASE(
    "ticks leave a signal that the host blocks for itself, not one among all that it blocks") {
  const std::string set = GENERATE("[signal.SIGURG, signal.SIGTERM]", "signal.valid_signals()");
  INFO(set);
  TemporaryDirectory output;
  const std::string program = "import signal\nsignal.pthread_sigmask(signal.SIG_BLOCK, " + set +
                              ")\nfor i in range(3000000): pass\n"
                              "print(sorted(signal.pthread_sigmask(signal.SIG_BLOCK, [])))";
  same_as_bare({{"/usr/bin/python3", "-c", program}}, "cpu", output, kFast);
  const ProfileFile profile(only(output.profiles("cpu")));
  CHECK(says(profile, set.starts_with('[') ? "signal 64" : "signal 23"));
  CHECK(profile.share("cpu", "[lost]") < 0.05);
}

TEST_CASE("PROFILER_SIGNAL may be the signal that ticks would come by") {
  TemporaryDirectory output;
  Environment more = kFast;
  more["PROFILER_SIGNAL"] = "URG";
  const Outcome ours = run(profiled({{target("own_sigprof")}}, "cpu", output, more));
  CHECK(ours.err.empty());
  CHECK(says(ProfileFile(only(output.profiles("cpu"))), "signal 64"));
}

TEST_CASE("under gdb no tick stops the program, no thread appears and its exit is seen") {
  if (!can_execute("/usr/bin/gdb")) return skip("a session in gdb", "gdb is not installed");
  TemporaryDirectory output;
  Command command{{"/usr/bin/gdb", "-nx", "-batch", "-ex", "set startup-with-shell off"}};
  const Environment ours = {{"LD_PRELOAD", library()},
                            {"PROFILER_MODE", "cpu,heap"},
                            {"PROFILER_HEAP_RATE", "1"},
                            {"PROFILER_CPU_HZ", "1000"},
                            {"PROFILER_OUTPUT", output.path() + "/"}};
  for (const auto& [name, value] : ours) {
    command.arguments.insert(command.arguments.end(),
                             {"-ex", "set environment " + name + " " + value});
  }
  command.arguments.insert(command.arguments.end(),
                           {"-ex", "run", "--args", target("resets_actions"), "call"});
  const std::string session = run(command).out;
  INFO(session);
  if (session.find("alive") == std::string::npos && session.find("ptrace") != std::string::npos) {
    return skip("a session in gdb", "processes may not be traced here");
  }
  CHECK(session.find("exited with code 04]") != std::string::npos);
  CHECK(session.find("received signal") == std::string::npos);
  CHECK(session.find("New Thread") == std::string::npos);
  CHECK(session.find("New LWP") == std::string::npos);
  CHECK(output.profiles("cpu").size() == 1);
}

// Its stack grows while ticks come: valgrind cannot extend it for a signal's frame.
TEST_CASE("under valgrind, ticks of a millisecond and all modes end no program") {
  if (!can_execute("/usr/bin/valgrind"))
    return skip("a program in valgrind", "it is not installed");
  const Command bare{{"valgrind", "-q", "/bin/ls", "-l", "/usr/bin"}};
  for (int times = 0; times < 3; times++) {
    TemporaryDirectory output;
    Environment more = kFast;
    more["PROFILER_ONLY"] = "ls,memcheck*";
    const Outcome ours = run(
        profiled(bare, "cpu,heap,block,mutex,wall,threads,threadcreate,fd,trace", output, more));
    INFO(ours.err);
    CHECK(ours.end() == "exit 0");
  }
}

// The pages of a fiber's and of an alternate signal stack are asked for, which valgrind watches.
TEST_CASE("under valgrind, walks on stacks that no thread began on are reported by no line") {
  if (!can_execute("/usr/bin/valgrind")) return skip("a fiber in valgrind", "it is not installed");
  TemporaryDirectory output;
  const Environment more = {{"PROFILER_SYMBOLIZE", "none"}};
  const Outcome ours =
      run(profiled({{"valgrind", "-q", target("small_stacks"), "65536"}}, "cpu", output, more));
  CHECK(ours.end() == "exit 0");
  CHECK(ours.out == "done\n");
  CHECK(ours.err.empty());
}
