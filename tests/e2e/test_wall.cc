// PROFILER_MODE=wall: every thread's life, on and off the CPU.
#include <catch2/catch.hpp>

#include <map>

#include "tests/e2e/harness.h"
#include "tests/e2e/profile_file.h"

using namespace e2e;

namespace {

// The sum of a state's rows that `function` is in, at a thread of this name ("" any).
int64_t in_state(const ProfileFile& profile, const std::string& state, const std::string& function,
                 const std::string& thread = "") {
  int64_t sum = 0;
  for (int i = 0; i < profile.proto().sample_size(); i++) {
    const auto& sample = profile.proto().sample(i);
    if (profile.string_label(sample, "state") != state) continue;
    if (!thread.empty() && profile.string_label(sample, "thread") != thread) continue;
    bool is_in = function.empty();
    for (const Frame& frame : profile.frames(i)) is_in |= frame.function == function;
    if (is_in) sum += sample.value(1);
  }
  return sum;
}

constexpr int64_t kPeriodNs = 10000000;

double ratio(int64_t a, int64_t b) {
  return static_cast<double>(a) / static_cast<double>(b);
}

// Lines "# NAME TID: a b c ... = life" of the ledger, as numbers with the life last.
std::map<std::string, std::vector<double>> report_of(const ProfileFile& profile) {
  std::map<std::string, std::vector<double>> rows;
  bool in_report = false;
  for (const std::string& line : profile.comments()) {
    const std::vector<std::string> words = words_of(line);
    if (line.find("seconds by state:") != std::string::npos) {
      in_report = true;
    } else if (in_report && words.size() > 10 && words[0] == "#") {
      std::vector<double> numbers;
      size_t at = 1;
      while (words[at].back() != ':') at++;
      for (at++; at < words.size(); at++)
        if (words[at] != "=") numbers.push_back(std::stod(words[at]));
      rows[words[1]] = numbers;
    } else {
      in_report = false;
    }
  }
  return rows;
}

}  // namespace

TEST_CASE("waits in each kind of call are as long as the program measured, with their state") {
  TemporaryDirectory output;
  const Outcome ours =
      run(profiled({{target("wall_states")}}, "wall", output, {{"PROFILER_CHILDREN", "0"}}));
  REQUIRE(ours.end() == "exit 0");
  const ProfileFile profile(only(output.profiles("wall")));
  CHECK(profile.sample_types() == std::vector<std::string>{"samples/count", "wall/nanoseconds"});
  CHECK(profile.default_sample_type() == "wall");
  const std::map<std::string, std::string> states = {
      {"site_nanosleep", "sleep"}, {"site_clock_nanosleep", "sleep"},
      {"site_usleep", "sleep"},    {"site_poll", "io"},
      {"site_select", "io"},       {"site_epoll_wait", "io"},
      {"site_read", "io"},         {"site_readv", "io"},
      {"site_recv", "io"},         {"site_recvmsg", "io"},
      {"site_msgrcv", "io"},       {"site_semop", "lock"},
      {"site_waitpid", "other"},   {"site_sigwait", "other"}};
  // The function that waits is on top of its caller, as it is in what runs.
  CHECK_THAT(profile.stack_below("wall", "epoll_wait"),
             Catch::Contains("epoll_wait < site_epoll_wait"));
  CHECK_THAT(profile.stack_below("wall", "pthread_join"), Catch::Contains(" < main"));
  unsigned known = 0;
  for (const std::string& line : lines_of(ours.out)) {
    const std::vector<std::string> w = words_of(line);
    if (w[0] == "wait") {
      known++;
      INFO(line);
      CHECK(ratio(in_state(profile, states.at(w[1]), w[1]), std::stoll(w[2])) ==
            Approx(1).epsilon(0.02));
    } else if (w[0] == "turns") {
      const int64_t life = std::stoll(w[1]), cpu = std::stoll(w[2]), napped = std::stoll(w[3]);
      // Naps of 7 ms are recorded as 10 ms each time that a point of the clock falls into one: at
      // most a period is wrong in all, here 1 of 140.
      CHECK(ratio(in_state(profile, "sleep", "naps", "turns"), napped) == Approx(1).margin(0.02));
      CHECK(ratio(in_state(profile, "running", "", "turns"), cpu) == Approx(1).margin(0.02));
      figure("wall: naps %.1f %% of a life that had %.1f %%",
             100 * ratio(in_state(profile, "sleep", "naps", "turns"), life),
             100 * ratio(napped, life));
    }
  }
  CHECK(known == states.size());
}

TEST_CASE("the states of each thread add up to its life") {
  TemporaryDirectory output;
  run(profiled({{target("roll_call"), "2"}}, "wall", output));
  const ProfileFile profile(only(output.profiles("wall")));
  const auto rows = report_of(profile);
  REQUIRE(rows.size() >= 9);
  double lives = 0;
  for (const auto& [name, numbers] : rows) {
    INFO(name);
    REQUIRE(numbers.size() == 10);
    double sum = 0;
    for (size_t i = 0; i + 1 < numbers.size(); i++) sum += numbers[i];
    CHECK(sum == Approx(numbers.back()).epsilon(0.01).margin(0.005));
    lives += numbers.back();
  }
  // What still waits at the end has its whole stack, seen from outside, also past libc: there its
  // thread has been whenever it neither ran nor was about to.
  const auto waits_in = [&](const std::string& thread, const std::string& state,
                            const std::string& function) {
    INFO(thread);
    const std::vector<double>& row = rows.at(thread);
    const double seconds = static_cast<double>(in_state(profile, state, function)) * 1e-9;
    CHECK(seconds == Approx(row.back() - row[0] - row[1]).margin(0.02));
  };
  waits_in("polls", "io", "polls");
  waits_in("reads", "io", "reads_in_a_frame");
  waits_in("sleeps", "sleep", "sleeps");
  waits_in("locks", "lock", "locks");
  waits_in("in-kernel", "other", "in_kernel");
  CHECK(profile.containing("wall", "thread_main") > 0);
}

TEST_CASE("a wait in a handler, and a fork there, count no time twice") {
  TemporaryDirectory output;
  run(profiled({{target("waits_in_handlers")}}, "wall", output));
  const std::vector<std::string> files = output.profiles("wall");
  REQUIRE(files.size() == 2);
  for (const std::string& file : files) {
    const auto rows = report_of(ProfileFile(file));
    REQUIRE(rows.size() == 1);
    const std::vector<double>& numbers = rows.begin()->second;
    double sum = 0;
    for (size_t i = 0; i + 1 < numbers.size(); i++) sum += numbers[i];
    CHECK(sum == Approx(numbers.back()).margin(0.01));
    CHECK(numbers.back() > 0.35);
  }
}

// Both of wall and fd lead these calls through a function of ours: it is one.
TEST_CASE(
    "waits in the calls that open, close and lock files are as long, also while fd counts them") {
  const std::string modes = GENERATE("wall", "wall,fd");
  TemporaryDirectory output;
  const Outcome ours =
      run(profiled({{target("opens_and_locks")}}, modes, output, {{"PROFILER_CHILDREN", "0"}}));
  REQUIRE(ours.end() == "exit 0");
  const ProfileFile profile(only(output.profiles("wall")));
  unsigned known = 0;
  for (const std::string& line : lines_of(ours.out)) {
    const std::vector<std::string> w = words_of(line);
    INFO(line);
    known++;
    const std::string state = w[1] == "site_pclose" ? "other" : "io";
    CHECK(ratio(in_state(profile, state, w[1]), std::stoll(w[2])) == Approx(1).epsilon(0.05));
  }
  CHECK(known == 7);
  CHECK_THAT(profile.stack_below("wall", "accept"), Catch::Contains("accept < site_accept"));
  CHECK_THAT(profile.stack_below("wall", "open"), Catch::Contains("open < site_open"));
}

TEST_CASE("a wait that its thread ends in is counted to its state") {
  TemporaryDirectory output;
  const Outcome ours = run(profiled({{target("ends_in_waits")}}, "wall", output));
  const ProfileFile profile(only(output.profiles("wall")));
  unsigned known = 0;
  for (const std::string& line : lines_of(ours.out)) {
    const std::vector<std::string> w = words_of(line);
    INFO(line);
    known++;
    const int64_t ns = in_state(profile, w[0], w[1], w[2]);
    CHECK(ns > std::stoll(w[3]) - kPeriodNs);
    CHECK(ns < std::stoll(w[4]) + kPeriodNs);
  }
  CHECK(known == 4);
  CHECK(in_state(profile, "other", "", "reads") < 25000000);
}

TEST_CASE("wall and cpu at once agree about what ran") {
  TemporaryDirectory output;
  run(profiled({{target("cpu_shares"), "2", "1"}}, "cpu,wall", output));
  const ProfileFile cpu(only(output.profiles("cpu")));
  const ProfileFile wall(only(output.profiles("wall")));
  CHECK(ratio(in_state(wall, "running", ""), cpu.total("cpu")) == Approx(1).epsilon(0.01));
}
