// Stretches of wall clock in a process that runs on: where PROFILER_MODE names it and where it does
// not, by clients at once, and of waits that began long before.
#include <future>
#include <map>
#include <set>

#include "tests/e2e/agent_http.h"

using namespace e2e;

namespace {

constexpr double kSecond = 1e9;

std::vector<std::string> stays(const std::string& how) {
  return {"sh", "-c", "exec " + target("waits_all_along") + " \"$1\" " + how};
}

struct Times {
  double seconds = 0;
  std::map<std::string, double> by_state;
  std::set<std::string> places;  // "state function"
};

std::map<std::string, Times> times_of(const ProfileFile& profile) {
  std::map<std::string, Times> threads;
  for (int i = 0; i < profile.proto().sample_size(); i++) {
    const auto& sample = profile.proto().sample(i);
    const double seconds = static_cast<double>(sample.value(1)) / kSecond;
    const std::string state = profile.string_label(sample, "state");
    Times& of = threads[profile.string_label(sample, "thread")];
    of.seconds += seconds;
    of.by_state[state] += seconds;
    for (const Frame& frame : profile.frames(i)) of.places.insert(state + " " + frame.function);
  }
  return threads;
}

// Each thread has nearly the whole of the stretch, and most of it in its state, where it is.
void check_window(const ProfileFile& profile, double asked) {
  // As it was: the process that ends it may be late.
  const double seconds = static_cast<double>(profile.proto().duration_nanos()) / kSecond;
  CHECK(seconds > 0.99 * asked);
  CHECK(seconds < asked + 1);
  struct Expected {
    const char *thread, *state, *function;
    double least, most;  // of the stretch
  };
  const Expected all[] = {
      {"sleeps", "sleep", "sleeps_long", 0.97, 1.01},
      {"polls", "io", "polls_for_ever", 0.97, 1.01},
      {"locks", "lock", "waits_for_lock", 0.97, 1.01},
      {"conds", "condvar", "waits_for_condition", 0.97, 1.01},
      {"naps", "sleep", "takes_naps", 0.95, 1.02},
      {"shortly", "sleep", "naps_shortly", 0.7, 1.02},
      {"works", "sleep", "works_third", 0.2, 0.75},
      {"reads", "io", "reads_bytes", 0.9, 1.02},
      {"writes", "sleep", "writes_bytes", 0.9, 1.02},
      {"raw", "sleep", "raw_main", 0.97, 1.01},
  };
  const auto threads = times_of(profile);
  for (const Expected& each : all) {
    INFO(each.thread);
    REQUIRE(threads.count(each.thread) == 1);
    const Times& times = threads.at(each.thread);
    for (const auto& [state, of] : times.by_state) UNSCOPED_INFO(state << " " << of);
    CHECK(times.seconds > 0.93 * seconds);
    CHECK(times.seconds < 1.04 * seconds);
    const double in_state = times.by_state.count(each.state) ? times.by_state.at(each.state) : 0;
    CHECK(in_state > each.least * seconds);
    CHECK(in_state < each.most * seconds);
    CHECK(times.places.count(std::string(each.state) + " " + each.function) == 1);
    figure("wall on demand: %s: %.3f s of %.3f, %.3f in state %s", each.thread, times.seconds,
           seconds, in_state, each.state);
  }
  CHECK(threads.at("naps").places.count("sleep naps_first") == 1);
  CHECK(threads.at("naps").places.count("sleep naps_second") == 1);
  // It shares the processor with the machine's other work.
  const Times& spins = threads.at("spins");
  const double ready = spins.by_state.at("running") +
                       (spins.by_state.count("runnable") ? spins.by_state.at("runnable") : 0);
  CHECK(ready > 0.9 * seconds);
  CHECK(ready < 1.05 * seconds);
}

ProfileFile window(int port, const TemporaryDirectory& directory, int seconds) {
  const std::string path = std::string(kBase) + "wall?seconds=" + std::to_string(seconds);
  return profile_of(HttpClient(port).get(path), directory);
}

bool is_there(const AgentVictim& host) {
  return comes_true([&] { return host.out() == "done\n"; });
}

}  // namespace

TEST_CASE("a client gets where all threads were meanwhile, though wall was not armed before") {
  AgentVictim host(serving({{"PROFILER_MODE", "heap"}}), false, stays(""));
  const int port = port_of(host);
  REQUIRE(is_there(host));
  TemporaryDirectory directory;
  for (int again = 0; again < 2; again++) {
    INFO(again);
    check_window(window(port, directory, 4), 4);
    sleep_ms(700);
  }
  CHECK(host.end() == "exit 0");
}

TEST_CASE("with PROFILER_MODE=wall a stretch has of a long wait what lies in it") {
  AgentVictim host(serving({{"PROFILER_MODE", "wall"}}), false, stays(""));
  const int port = port_of(host);
  REQUIRE(is_there(host));
  TemporaryDirectory directory;
  for (int again = 0; again < 2; again++) check_window(window(port, directory, 4), 4);
  CHECK(host.end() == "exit 0");
  // What was recorded before its end is not counted twice.
  const ProfileFile whole(host.all_files("wall").front());
  const double life = static_cast<double>(whole.proto().duration_nanos()) / kSecond;
  for (const auto& [name, times] : times_of(whole)) {
    INFO(name);
    if (name.empty()) continue;
    CHECK(times.seconds > life - 0.5);
    CHECK(times.seconds < 1.03 * life);
  }
}

TEST_CASE("two clients whose stretches overlap get each their own") {
  AgentVictim host(serving({{"PROFILER_MODE", "heap"}}), false, stays(""));
  const int port = port_of(host);
  REQUIRE(is_there(host));
  TemporaryDirectory directories[2];
  auto early = std::async(std::launch::async, [&] { return window(port, directories[0], 4); });
  sleep_ms(2000);
  const ProfileFile late = window(port, directories[1], 4);
  check_window(early.get(), 4);
  check_window(late, 4);
  CHECK(host.end() == "exit 0");
}

// Calls that queued up made the last answer come after three times as long, with a part of it.
TEST_CASE("clients at once of a host that seldom runs are answered in time, with what they asked") {
  AgentVictim host(serving({{"PROFILER_MODE", "heap"}}), false, stays("seldom"));
  const int port = port_of(host);
  REQUIRE(is_there(host));
  TemporaryDirectory directories[4];
  std::vector<std::future<ProfileFile>> answers;
  const auto begun = std::chrono::steady_clock::now();
  for (const TemporaryDirectory& directory : directories) {
    answers.push_back(std::async(std::launch::async, [&] { return window(port, directory, 3); }));
  }
  for (auto& answer : answers) {
    const ProfileFile profile = answer.get();
    const std::chrono::duration<double> taken = std::chrono::steady_clock::now() - begun;
    CHECK(taken.count() < 4.5);
    const double lasted = static_cast<double>(profile.proto().duration_nanos()) / kSecond;
    CHECK(lasted > 1.9);  // the host comes by each 0.7 s: once before it begins
    CHECK(lasted < 4);
    const double recorded = times_of(profile).at("sleeps").seconds;
    CHECK(recorded > 0.7 * lasted);
    CHECK(recorded < 1.03 * lasted);
  }
  host.killed();
}

TEST_CASE("an exec that fails does not end what a client records") {
  AgentVictim host(serving({{"PROFILER_MODE", "heap"}}), false,
                   {"sh", "-c", "exec " + target("waits_oddly") + " execs"});
  const int port = port_of(host);
  REQUIRE(is_there(host));
  TemporaryDirectory directory;
  const auto threads = times_of(window(port, directory, 3));
  CHECK(threads.at("target_waits_od").seconds == Approx(3).margin(0.15));
  CHECK(threads.at("beats").seconds == Approx(3).margin(0.15));
  host.killed();
}

TEST_CASE("where nothing runs each thread is listed by its name") {
  AgentVictim host(serving({{"PROFILER_MODE", "heap"}}), false, stays("idle"));
  const int port = port_of(host);
  REQUIRE(is_there(host));
  TemporaryDirectory directory;
  const ProfileFile profile = window(port, directory, 2);
  const auto threads = times_of(profile);
  CHECK(threads.size() == 6);
  for (const auto& [name, times] : threads) {
    INFO(name);
    CHECK(times.seconds == Approx(2).margin(0.3));
    CHECK(times.places == std::set<std::string>{"other [unknown]"});
  }
  CHECK_THAT(profile.comments().back(), Catch::Contains("no thread ran"));
  host.killed();
}
