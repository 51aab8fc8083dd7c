// Faults found in what looks at waits and at every thread, one test each.
#include <catch2/catch.hpp>

#include "tests/e2e/harness.h"
#include "tests/e2e/profile_file.h"

using namespace e2e;

namespace {

// The wall time in a state, of the stacks that `function` is in.
int64_t in_state(const ProfileFile& profile, const std::string& state,
                 const std::string& function) {
  int64_t sum = 0;
  for (int i = 0; i < profile.proto().sample_size(); i++) {
    const auto& sample = profile.proto().sample(i);
    bool is_in = false;
    for (const Frame& frame : profile.frames(i)) is_in |= frame.function == function;
    if (is_in && profile.string_label(sample, "state") == state) sum += sample.value(1);
  }
  return sum;
}

double ratio(int64_t a, int64_t b) {
  return static_cast<double>(a) / static_cast<double>(b);
}

}  // namespace

// 79 s where each thread was looked for among all, 6 s since; the program alone takes 2.5 s.
TEST_CASE("a program of 30,000 threads ends soon after they have been looked at") {
  TemporaryDirectory output;
  Command command{{target("many_waiters"), "30000"}};
  command.limit_s = 40;
  const Outcome ours = run(profiled(command, "threads", output));
  REQUIRE(ours.end() == "exit 0");
  const ProfileFile profile(only(output.profiles("threads")));
  CHECK(profile.total("threads") == std::stoll(ours.out));
  figure("%s threads, ended after %.1f s", lines_of(ours.out)[0].c_str(), ours.seconds);
}

// Ticks that came in the reads were taken off waits that there were none: io -1.7 s, other +1.7 s;
// and on a busy machine what the reads were kept from the processor was io.
TEST_CASE("reads that never wait are no waits, however often they are interrupted") {
  TemporaryDirectory output;
  const Outcome ours = run(profiled({{target("reads_at_once")}}, "wall", output));
  REQUIRE(ours.end() == "exit 0");
  const ProfileFile profile(only(output.profiles("wall")));
  CHECK(ratio(profile.total("wall"), std::stoll(ours.out)) == Approx(1).margin(0.15));
  for (const char* state : {"io", "other"}) {
    INFO(state);
    CHECK(ratio(in_state(profile, state, "main"), std::stoll(ours.out)) < 0.3);
  }
}

// The second of the read and 0.6 s of the handler within it made 1.6 s of a life of 1.
TEST_CASE("a wait in a handler is not time of the wait that it interrupted too") {
  TemporaryDirectory output;
  const Outcome ours = run(profiled({{target("waits_in_handler")}}, "wall", output));
  REQUIRE(ours.end() == "exit 0");
  const ProfileFile profile(only(output.profiles("wall")));
  const int64_t slept = in_state(profile, "sleep", "sleeps");
  const int64_t read = in_state(profile, "io", "main");
  CHECK(slept >= 600000000);
  CHECK(ratio(slept + read, std::stoll(ours.out)) == Approx(1).margin(0.05));
}

// Those that found the first 15 places taken were charged to no thread once these were free: 15
// releases of 200.
TEST_CASE("each release of a lock that two hundred wait for answers for those behind it") {
  TemporaryDirectory output;
  const Outcome ours =
      run(profiled({{target("lock_queue")}}, "mutex", output, {{"PROFILER_BLOCK_RATE", "1ns"}}));
  REQUIRE(ours.end() == "exit 0");
  const ProfileFile profile(only(output.profiles("mutex")));
  CHECK(profile.total("contentions") == 200);
  // What wake-ups take is charged to no thread.
  CHECK(ratio(profile.total("delay"), std::stoll(ours.out)) == Approx(1).margin(0.1));
}

// The runtime's own memcpy and memcmp, which we called, took the tables for the program's data:
// races that are none, exit 66. With clang's, which is not there yet when we start: a jump to null.
TEST_CASE("a program with ThreadSanitizer ends as it does bare, and nothing of ours is a race") {
  TemporaryDirectory output;
  const Outcome ours =
      same_as_bare({{target("with_tsan")}}, "cpu,heap,block,mutex,wall,threads", output);
  CHECK(ours.end() == "exit 0");
}

// They went to the new form, which wrote over what lies behind the old, smaller condition.
TEST_CASE("conditions of before glibc 2.3.2 stay those, recorded or not") {
  TemporaryDirectory output;
  same_as_bare({{target("old_conditions")}}, "heap", output);
  TemporaryDirectory recorded;
  const Outcome ours = run(profiled({{target("old_conditions"), "tell"}}, "block", recorded));
  CHECK(ours.end() == "exit 0");
  const std::vector<std::string> truth = words_of(ours.out);
  REQUIRE(truth.size() == 2);
  const ProfileFile profile(only(recorded.profiles("block")));
  CHECK(profile.containing("delay", "waits") == Approx(std::stod(truth[0])).epsilon(0.05));
  CHECK(profile.containing("delay", "waits_in_vain") == Approx(std::stod(truth[1])).epsilon(0.05));
}

TEST_CASE("threads of a forked child take nothing over from those that were not forked") {
  const Command command = {{target("forks_among_threads")}};
  for (const std::string modes : {"heap,trace", "block"}) {
    TemporaryDirectory output;
    const Outcome ours = run(profiled(command, modes, output, {{"PROFILER_HEAP_RATE", "1"}}));
    INFO(modes);
    CHECK(ours.end() == "exit 0");
    CHECK(ours.out == "0\n");
    CHECK(ours.err.empty());
    if (modes != "block") continue;
    for (const std::string& path : output.profiles("block")) {
      const ProfileFile profile(path);
      // A thread that never waited, and one that the parent's wait came with.
      CHECK(profile.containing("delay", "spins_in_child") == 0);
      CHECK((profile.containing("delay", "child") == 0 ||
             profile.containing("delay", "waits_in_parent") == 0));
    }
  }
}
