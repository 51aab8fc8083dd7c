// Faults that were found once, each with the program that showed it.
#include <catch2/catch.hpp>

#include "tests/e2e/harness.h"
#include "tests/e2e/profile_file.h"

using namespace e2e;

namespace {

constexpr const char* kAll = "cpu,heap,allocs,block,mutex,wall,threads,threadcreate,fd,custom";
const Environment kEvery = {{"PROFILER_HEAP_RATE", "1"}};

}  // namespace

TEST_CASE("a seccomp filter kills no program: what was recorded before is written before") {
  for (const std::string way : {"prctl", "syscall"}) {
    TemporaryDirectory output;
    const Command command{{target("seccomp_filter"), way}};
    CHECK(same_as_bare(command, kAll, output, kEvery).out == "alive\n");
    const ProfileFile profile(only(output.profiles("heap")));
    CHECK(profile.total("inuse_space") >= 1009);
    CHECK(profile.all_comments().find("seccomp") != std::string::npos);
  }
}

// The kernel forbids the counter that the clock is made of: a wait was a crash, in wall and trace.
TEST_CASE("under seccomp's strict mode a call that waits reads no clock") {
  TemporaryDirectory output;
  CHECK(same_as_bare({{target("seccomp_strict")}}, kAll, output, kEvery).out == "alive\n");
}

TEST_CASE("a fork in a handler that interrupted malloc gives a child that lives") {
  TemporaryDirectory output;
  const Outcome ours = same_as_bare({{target("fork_in_handler")}}, "heap", output, kEvery);
  CHECK(ours.out == "0 children died\n");
}

TEST_CASE("a child made without libc's fork changes nothing of its parent's profile") {
  for (const bool by_libc : {false, true}) {
    TemporaryDirectory output;
    Command command{{target("raw_fork")}};
    if (by_libc) command.arguments.push_back("_Fork");
    CHECK(same_as_bare(command, "heap", output, kEvery).out == "done\n");
    const ProfileFile profile(only(output.profiles("heap")));
    CHECK(profile.share("inuse_space", "main") > 0.9);
    CHECK(profile.total("inuse_space") >= 1009000);
    CHECK(profile.total("alloc_space") < 1009000 + 500 * 7001);
  }
}

TEST_CASE("code in the place of an object that libc unloaded by itself is not taken for it") {
  TemporaryDirectory output;
  CHECK(same_as_bare({{target("unloaded_by_libc")}}, "heap", output, kEvery).out == "allocated\n");
}

TEST_CASE("a symbolizer that is out of time is ended, and no other process") {
  for (const std::string limit : {"0", "1us", "1ms"}) {
    TemporaryDirectory output;
    Environment more = kEvery;
    more["PROFILER_SYMBOLIZE_TIME"] = limit;
    const Outcome ours =
        run(profiled({{"setsid", "bash", "-c", target("idle") + "; echo the shell lives"}}, "heap",
                     output, more));
    CHECK(ours.out == "the shell lives\n");
  }
}

TEST_CASE("a tick on a fiber or an alternate stack with 768 bytes to spare overruns nothing") {
  TemporaryDirectory output;
  const Outcome ours =
      same_as_bare({{target("small_stacks")}}, "cpu", output, {{"PROFILER_CPU_HZ", "1000"}});
  CHECK(ours.out == "done\n");
  const ProfileFile profile(only(output.profiles("cpu")));
  CHECK(profile.containing("cpu", "on_fiber") > 300000000);
  CHECK(profile.containing("cpu", "on_signal") > 300000000);
}

// The names in a directory took 8 KiB of the interrupted stack.
TEST_CASE("a tick that looks for threads overruns no fiber") {
  TemporaryDirectory output;
  const Command command{{target("small_stacks"), "behind"}};
  CHECK(same_as_bare(command, "cpu", output, {{"PROFILER_CPU_HZ", "1000"}}).out == "done\n");
}

TEST_CASE("a sample in a handler on the alternate stack leaves that stack to the handler") {
  TemporaryDirectory output;
  Environment more = kEvery;
  more["PROFILER_CPU_HZ"] = "1000";
  const Outcome ours = same_as_bare({{target("handler_allocates")}}, "heap,cpu", output, more);
  CHECK(ours.out == "0 words overwritten, 0 alarms on another stack\n");
}

TEST_CASE("a guess at a caller reads nothing that cannot be read") {
  const std::string where = GENERATE("thread", "limit", "unreadable");
  TemporaryDirectory output;
  const Outcome ours =
      same_as_bare({{target("strange_code"), where}}, "cpu", output, {{"PROFILER_CPU_HZ", "1000"}});
  CHECK(ours.out == "done\n");
}

// The frames of the functions between were dropped once their rules were in the cache.
TEST_CASE("functions between code made at run time are seen each time") {
  TemporaryDirectory output;
  run(profiled({{target("strange_code"), "jits"}}, "cpu", output, {{"PROFILER_CPU_HZ", "250"}}));
  const ProfileFile profile(only(output.profiles("cpu")));
  const auto total = static_cast<double>(profile.total("cpu"));
  CHECK(static_cast<double>(profile.containing("cpu", "runtime_outer")) > 0.9 * total);
  CHECK(static_cast<double>(profile.containing("cpu", "[jit]")) > 0.9 * total);
}
