// The rows of a profile of threads, and what they are to be for the target roll_call.
#pragma once

#include <catch2/catch.hpp>

#include <algorithm>
#include <map>

#include "tests/e2e/harness.h"
#include "tests/e2e/profile_file.h"

namespace e2e {

struct ThreadRow {
  std::string state, stack;
  int64_t tid, count;
};

inline std::string joined(const std::vector<Frame>& frames) {
  std::string all;
  for (const Frame& frame : frames) all += (all.empty() ? "" : " < ") + frame.function;
  return all;
}

inline std::multimap<std::string, ThreadRow> thread_rows(const ProfileFile& profile) {
  std::multimap<std::string, ThreadRow> rows;
  for (int i = 0; i < profile.proto().sample_size(); i++) {
    const auto& sample = profile.proto().sample(i);
    ThreadRow row{profile.string_label(sample, "state"), joined(profile.frames(i)), 0,
                  sample.value(0)};
    for (const auto& label : sample.label()) {
      if (profile.text(label.key()) == "tid") row.tid = label.num();
    }
    rows.emplace(profile.string_label(sample, "thread"), row);
  }
  return rows;
}

// Every thread with its name, its state and its whole stack.
inline void check_thread_snapshot(const ProfileFile& profile) {
  CHECK(profile.sample_types() == std::vector<std::string>{"threads/count"});
  CHECK(profile.total("threads") == 10);
  const auto rows = thread_rows(profile);
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

}  // namespace e2e
