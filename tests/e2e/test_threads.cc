// PROFILER_MODE=threads,threadcreate: where every thread is, and where it was made.
#include <catch2/catch.hpp>

#include <algorithm>
#include <map>

#include "tests/e2e/harness.h"
#include "tests/e2e/profile_file.h"

using namespace e2e;

namespace {

struct Row {
  std::string state, stack;
  int64_t tid, count;
};

std::string joined(const std::vector<Frame>& frames) {
  std::string all;
  for (const Frame& frame : frames) all += (all.empty() ? "" : " < ") + frame.function;
  return all;
}

std::multimap<std::string, Row> rows_of(const ProfileFile& profile) {
  std::multimap<std::string, Row> rows;
  for (int i = 0; i < profile.proto().sample_size(); i++) {
    const auto& sample = profile.proto().sample(i);
    Row row{profile.string_label(sample, "state"), joined(profile.frames(i)), 0, sample.value(0)};
    for (const auto& label : sample.label()) {
      if (profile.text(label.key()) == "tid") row.tid = label.num();
    }
    rows.emplace(profile.string_label(sample, "thread"), row);
  }
  return rows;
}

}  // namespace

TEST_CASE("every thread is there, with its name, its state and its whole stack") {
  TemporaryFolder output;
  const Outcome ours = same_as_bare({{target("roll_call")}}, "threads", output);
  CHECK(ours.end() == "exit 0");
  const ProfileFile profile(only(output.profiles("threads")));
  CHECK(profile.sample_types() == std::vector<std::string>{"threads/count"});
  CHECK(profile.total("threads") == 10);
  const std::multimap<std::string, Row> rows = rows_of(profile);
  std::vector<int64_t> tids;
  const auto expect = [&](const std::string& name, const std::string& state,
                          const std::string& stack) {
    INFO(name);
    const auto found = rows.find(name);
    REQUIRE(found != rows.end());
    CHECK(found->second.state == state);
    CHECK_THAT(found->second.stack, Catch::Contains(stack));
    tids.push_back(found->second.tid);
  };
  const std::string go = " < go < thread_main < start_thread";
  expect("spins", "running", "spins" + go);
  expect("polls", "io", "polls" + go);
  expect("reads", "io", "reads < reads_in_a_frame" + go);
  expect("sleeps", "sleep", "sleeps" + go);
  expect("waits", "sem", "waits" + go);
  expect("in-kernel", "futex", "in_kernel" + go);
  expect("locks", "mutex", "locks < go < c11_locks < start_thread");
  // It runs and answers no signal: what is known is where it began.
  expect("masked", "running", "[unknown] < thread_main");
  std::sort(tids.begin(), tids.end());
  CHECK(std::unique(tids.begin(), tids.end()) == tids.end());
  CHECK(tids.front() > 0);
}

TEST_CASE("a thousand threads are all there") {
  TemporaryFolder output;
  run(profiled({{target("roll_call"), "1000"}}, "threads,threadcreate", output));
  const ProfileFile profile(only(output.profiles("threads")));
  CHECK(profile.total("threads") == 1010);
  CHECK(profile.containing("threads", "idle_main") == 1000);
  const ProfileFile made(only(output.profiles("threadcreate")));
  CHECK(made.containing("threadcreate", "make_threads") == 1008);
}

TEST_CASE("threads are counted where they were made; those made past libc without a stack") {
  TemporaryFolder output;
  run(profiled({{target("roll_call")}}, "threadcreate", output));
  const ProfileFile profile(only(output.profiles("threadcreate")));
  CHECK(profile.sample_types() == std::vector<std::string>{"threadcreate/count"});
  CHECK(profile.at_leaf("threadcreate", "make_threads") == 8);
  CHECK(profile.at_leaf("threadcreate", "[unknown]") == 1);
  CHECK(profile.total("threadcreate") == 9);
  CHECK_THAT(profile.all_comments(), Catch::Contains("threads that could not be created: 1\n"));
}

TEST_CASE(
    "who lives at an exec is in the file of the image that goes, once though one exec failed") {
  TemporaryFolder output;
  run(profiled({{target("roll_call"), "0", "exec"}}, "threads,threadcreate", output));
  const ProfileFile profile(output.profiles("threads").front());
  CHECK(profile.total("threads") == 10);
  CHECK(profile.containing("threads", "thread_main") == 7);
}
