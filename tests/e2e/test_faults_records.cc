// Faults in the lives of what is kept of threads: what a jump, a fork or an end leaves behind.
#include <catch2/catch.hpp>

#include "tests/e2e/harness.h"
#include "tests/e2e/profile_file.h"

using namespace e2e;

namespace {

const Environment kEvery = {{"PROFILER_HEAP_RATE", "1"}};

int64_t in_stacks_of(const ProfileFile& profile, const std::string& type, const std::string& site) {
  CHECK(profile.all_comments().find("lost: 0") != std::string::npos);
  CHECK(profile.containing(type, "[lost]") == 0);
  return profile.containing(type, site);
}

}  // namespace

// 64 jumps were enough: the buffers of walks stayed borrowed, and every later sample was lost.
TEST_CASE("600 jumps out of the profiler's own work lose no sample of any thread") {
  const std::string way = GENERATE(as<std::string>{}, "custom", "labels", "open");
  INFO(way);
  TemporaryDirectory output;
  const Outcome ours = run(profiled({{target("leaves_by_jump"), way}},
                                    "heap,custom,fd,cpu,trace,mutex", output, kEvery));
  REQUIRE(ours.end() == "exit 0");
  CHECK(ours.out == "opened 5, labels set\n");
  const ProfileFile things(only(output.profiles("things"))), files(only(output.profiles("fd")));
  CHECK(in_stacks_of(things, "things", "site_added") == 1000);
  CHECK(in_stacks_of(files, "fd", "site_opened") == 5);
}

TEST_CASE("a handler's allocations amid the profiler's work are the program's") {
  TemporaryDirectory output;
  const Outcome ours =
      run(profiled({{target("allocates_amid_opens")}}, "heap,fd,custom", output, kEvery));
  REQUIRE(ours.end() == "exit 0");
  const ProfileFile profile(only(output.profiles("heap")));
  CHECK(profile.containing("alloc_objects", "site_in_handler") == 4000);
  CHECK(profile.containing("inuse_objects", "site_in_handler") == 2000);
}

// The rows of its parent's code were still in the cache, so the code's objects were never entered.
TEST_CASE("a forked child names the stacks that its parent has walked before") {
  TemporaryDirectory output;
  REQUIRE(run(profiled({{target("allocates_again_in_child")}}, "heap", output, kEvery)).end() ==
          "exit 0");
  REQUIRE(output.profiles("heap").size() == 2);
  for (const std::string& path : output.profiles("heap")) {
    const ProfileFile profile(path);
    CHECK(profile.containing("alloc_objects", "site") == 50);
    CHECK(profile.containing("alloc_objects", "main") >= 50);
    CHECK(profile.containing("alloc_objects", "[jit]") == 0);
  }
}

// The count of timers went below zero, and one timer for the process was taken, as under `ulimit
// -i`.
TEST_CASE("threads that end while the ticks move to another signal leave each thread its timer") {
  TemporaryDirectory output;
  REQUIRE(run(profiled({{target("takes_signals_among_threads")}}, "cpu", output)).end() ==
          "exit 0");
  const std::string comments = ProfileFile(only(output.profiles("cpu"))).all_comments();
  INFO(comments);
  CHECK(comments.find("a timer for each thread") != std::string::npos);
  CHECK(comments.find("ulimit -i") == std::string::npos);
}
