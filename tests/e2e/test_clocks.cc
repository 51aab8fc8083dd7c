// What the clocks of cpu and wall leave to the host: its waits, transfers, signals and timers.
#include <catch2/catch.hpp>

#include "tests/e2e/harness.h"
#include "tests/e2e/profile_file.h"

using namespace e2e;

namespace {

const Environment kFast = {{"PROFILER_CPU_HZ", "1000"}, {"PROFILER_WALL_HZ", "1000"}};

// Its own figures scatter with the machine's load: what it printed but these.
std::string without_figures(const std::string& out) {
  std::string rest;
  for (const std::string& line : lines_of(out)) {
    if (line.rfind("figures", 0) == 0) {
      figure("%s", line.c_str());
    } else {
      rest += line + "\n";
    }
  }
  return rest;
}

void has_timers_of_its_own(const Command& command) {
  TemporaryDirectory output;
  const Outcome bare = run(command);
  const Outcome ours = run(profiled(command, "cpu,wall", output, kFast));
  REQUIRE(bare.end() == "exit 0");
  CHECK(ours.end() == "exit 0");
  CHECK(ours.err == bare.err);
  CHECK(without_figures(ours.out) == without_figures(bare.out));
  CHECK(ProfileFile(only(output.profiles("cpu"))).total("cpu") > 800000000);
}

}  // namespace

TEST_CASE("no wait ends early, with EINTR or with a part moved, under ticks of a millisecond") {
  const std::string how = GENERATE("plain", "signals", "masked");
  INFO(how);
  TemporaryDirectory output;
  Environment more = kFast;
  more["PROFILER_CHILDREN"] = "0";
  const Outcome ours =
      same_as_bare({{target("early_returns"), "3", how}}, "cpu,wall", output, more);
  CHECK(ours.end() == "exit 0");
  CHECK_FALSE(output.profiles("wall").empty());
}

TEST_CASE("python3 has its interval timers") {
  has_timers_of_its_own({{"/usr/bin/python3", source("tests/targets/timers.py")}});
}

TEST_CASE("perl has its alarms and interval timers") {
  if (!can_execute("/usr/bin/perl")) return skip("perl's timers", "perl is not installed");
  has_timers_of_its_own({{"/usr/bin/perl", source("tests/targets/timers.pl")}});
}

TEST_CASE("a program built for gprof writes its own profile as bare") {
  TemporaryDirectory output, bare_directory, our_directory;
  Command command{{target("counted_by_gprof")}};
  command.directory = bare_directory.path();
  REQUIRE(run(command).end() == "exit 0");
  command.directory = our_directory.path();
  CHECK(run(profiled(command, "cpu,wall", output, kFast)).end() == "exit 0");
  // A histogram of fixed size and the arcs of two functions: the same bytes but for the counts.
  CHECK(read_file(our_directory / "gmon.out").size() ==
        read_file(bare_directory / "gmon.out").size());
  const ProfileFile profile(only(output.profiles("cpu")));
  CHECK(profile.containing("cpu", "burn_some") > 900000000);
}

TEST_CASE("a program of one thread stays one: unshare(CLONE_NEWUSER), and no locks in libc") {
  TemporaryDirectory output;
  same_as_bare({{target("one_thread")}}, "cpu,wall", output, kFast);
  same_as_bare({{target("main_leaves")}}, "cpu,wall", output, kFast);
}

// Fails when the action is given back before the timers are gone.
TEST_CASE("a signal that the host takes for itself brings no tick of ours any more") {
  TemporaryDirectory output;
  const Outcome ours = same_as_bare({{target("takes_signals"), "300"}}, "cpu,wall", output, kFast);
  CHECK(ours.out == "0 strange calls, 0 strange actions\n");
}

// The hooks stay, and the timers: no other process could take them away.
TEST_CASE(
    "after PROFILER_DURATION and after the toggle no tick enters a host that takes the signal") {
  const std::string stop = GENERATE("DURATION", "TOGGLE_SIGNAL");
  INFO(stop);
  TemporaryDirectory output;
  Environment more = kFast;
  more["PROFILER_" + stop] = stop == "DURATION" ? "100ms" : "USR1";
  // Till the program itself takes USR1, the tenth signal.
  const std::string taken = R"(Name:\s*target_takes.*SigCgt:\s*\w*[2367abef]\w\w\s)";
  const std::string toggles = "& p=$!; until grep -qzE '" + taken +
                              "' /proc/$p/status; do sleep 0.01; done; "
                              "kill -USR1 $p; sleep 0.2; kill -USR1 $p; wait $p";
  const Command host{
      {"bash", "-c", target("takes_signals") + " 300 " + (stop == "DURATION" ? "" : toggles)}};
  more["PROFILER_ONLY"] = "target_takes_signals";
  const Outcome ours = run(profiled(host, "cpu,wall", output, more));
  CHECK(ours.end() == "exit 0");
  CHECK(ours.out == "0 strange calls, 0 strange actions\n");
}

TEST_CASE("the older calls for signals do as bare on the signal that ticks come by") {
  const std::string kind = GENERATE("urgent", "realtime");
  INFO(kind);
  TemporaryDirectory output;
  same_as_bare({{target("older_signals"), "calls", kind}}, "cpu,wall", output, kFast);
}

TEST_CASE("the next program has the mask that the host believes in, however it is executed") {
  const std::string how = GENERATE("exec", "fork", "vfork");
  const std::string kind = GENERATE("urgent", "realtime");
  INFO(how << ' ' << kind);
  TemporaryDirectory output;
  Environment more = kFast;
  more["PROFILER_ONLY"] = "target_older_signals";
  same_as_bare({{target("older_signals"), how, kind}}, "cpu,wall", output, more);
}

TEST_CASE("no tick comes after the recording ended for a seccomp filter") {
  for (int i = 0; i < 5; i++) {
    TemporaryDirectory output;
    const Outcome ours = same_as_bare({{target("no_handlers")}}, "cpu,wall", output, kFast);
    CHECK(ours.out == "alive\n");
  }
}

TEST_CASE("no tick reaches the program that comes after, also one with every signal blocked") {
  TemporaryDirectory output;
  Environment more = kFast;
  more["PROFILER_SYMBOLIZE"] = "none";
  const std::string script =
      "for i in {1..50}; do " + target("exec_after_burn") + " true || echo killed $?; done";
  same_as_bare({{"bash", "-c", script}}, "cpu,wall", output, more);
}

TEST_CASE("threads that come and go leave no timer but that of the one that stays") {
  TemporaryDirectory output;
  Environment more = kFast;
  more["PROFILER_SYMBOLIZE"] = "none";
  const Outcome ours =
      run(profiled({{target("counts_threads"), "10", "40000"}}, "cpu", output, more));
  CHECK(ours.end() == "exit 0");
  CHECK_THAT(ours.out, Catch::EndsWith(" 1\n"));
}

TEST_CASE("a thread that the profiler looks at while it ends leaves no timer") {
  TemporaryDirectory output;
  const Outcome ours =
      run(profiled({{target("slow_ends"), "1"}}, "cpu", output, {{"PROFILER_SYMBOLIZE", "none"}}));
  CHECK(ours.end() == "exit 0");
  CHECK(ours.out == "1\n");
}
