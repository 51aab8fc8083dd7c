// PROFILER_MODE=block,mutex: which threads wait, and which make them wait.
#include <catch2/catch.hpp>
#include <map>

#include "tests/e2e/harness.h"
#include "tests/e2e/profile_file.h"

using namespace e2e;

namespace {

const Environment kAll = {{"PROFILER_BLOCK_RATE", "1ns"}};

struct Known {
  std::string name;
  int64_t ns;
};

std::vector<Known> waits_of(const std::string& out) {
  std::vector<Known> known;
  for (const std::string& line : lines_of(out)) {
    const std::vector<std::string> w = words_of(line);
    if (w.size() == 3 && w[0] == "wait") known.push_back({w[1], std::stoll(w[2])});
  }
  return known;
}

// From the beginning of a kind's waits to their release: before the call, and after it.
struct Held {
  int64_t least_ns = 0, most_ns = 0;
};

std::map<std::string, Held> held_of(const std::string& out) {
  std::map<std::string, Held> held;
  for (const std::string& line : lines_of(out)) {
    const std::vector<std::string> w = words_of(line);
    if (w.size() == 4 && w[0] == "held") held[w[1]] = {std::stoll(w[2]), std::stoll(w[3])};
  }
  return held;
}

double ratio(int64_t a, int64_t b) {
  return static_cast<double>(a) / static_cast<double>(b);
}

// What waited for a lock is charged to its release: until then, for what a wake-up takes is
// charged to no thread.
void check_charge(const std::string& release, int64_t delay, const Held& held) {
  INFO(release << " " << delay << ": " << held.least_ns << " to " << held.most_ns);
  CHECK(ratio(delay, held.least_ns) > 0.98);
  CHECK(ratio(delay, held.most_ns) < 1.02);
}

}  // namespace

TEST_CASE("ten waits at each kind of call are ten, as long as the program measured") {
  TemporaryDirectory output;
  const Outcome ours = run(profiled({{target("waits")}}, "block,mutex", output, kAll));
  REQUIRE(ours.end() == "exit 0");
  const ProfileFile block(only(output.profiles("block")));
  const std::vector<Known> known = waits_of(ours.out);
  REQUIRE(known.size() == 25);
  for (const Known& wait : known) {
    INFO(wait.name << " " << wait.ns);
    CHECK(block.at_leaf("contentions", wait.name) == 10);
    CHECK(ratio(block.at_leaf("delay", wait.name), wait.ns) == Approx(1).epsilon(0.02));
  }
  const ProfileFile mutex(only(output.profiles("mutex")));
  // Each kind to its own.
  const std::map<std::string, Held> held = held_of(ours.out);
  const std::vector<std::pair<std::string, std::vector<std::string>>> ends = {
      {"release_mutex", {"site_mutex", "site_timedlock", "site_clocklock"}},
      {"release_c11", {"site_c11_mutex"}},
      {"release_write", {"site_read", "site_timed_read", "site_clock_read"}},
      {"release_read", {"site_write", "site_timed_write", "site_clock_write"}},
      {"release_spin", {"site_spin"}}};
  for (const auto& [release, sites] : ends) {
    Held all;
    for (const std::string& site : sites) {
      all.least_ns += held.at(site).least_ns;
      all.most_ns += held.at(site).most_ns;
    }
    check_charge(release, mutex.at_leaf("delay", release), all);
  }
  CHECK(mutex.at_leaf("contentions", "release_mutex") == 30);
}

TEST_CASE("block and mutex profiles say what they are") {
  TemporaryDirectory output;
  run(profiled({{target("waits")}}, "block,mutex", output, kAll));
  for (const char* mode : {"block", "mutex"}) {
    const ProfileFile profile(only(output.profiles(mode)));
    CHECK(profile.sample_types() ==
          std::vector<std::string>{"contentions/count", "delay/nanoseconds"});
    CHECK(profile.default_sample_type() == "delay");
    CHECK(profile.text(profile.proto().period_type().type()) == "contentions");
    CHECK(profile.proto().period() == 1);
  }
}

TEST_CASE("every thread that was created is counted where it was created") {
  TemporaryDirectory output;
  run(profiled({{target("exchange_blocks"), "0.1", "16"}}, "threadcreate", output));
  const ProfileFile profile(only(output.profiles("threadcreate")));
  CHECK(profile.sample_types() == std::vector<std::string>{"threadcreate/count"});
  CHECK(profile.total("threadcreate") == 16);
  CHECK(profile.at_leaf("threadcreate", "main") == 16);
}

TEST_CASE("a thread that still waits at the end is there, with its stack and the time so far") {
  TemporaryDirectory output;
  const Outcome ours = same_as_bare({{target("still_waiting")}}, "block", output, kAll);
  CHECK(ours.end() == "exit 0");
  const ProfileFile block(only(output.profiles("block")));
  for (const char* site : {"site_mutex", "site_sem", "site_condition"}) {
    INFO(site);
    CHECK(block.at_leaf("contentions", site) == 1);
    CHECK(block.at_leaf("delay", site) > 200000000);
    CHECK(block.at_leaf("delay", site) < 5000000000);
  }
  CHECK(block.containing("contentions", "thread_main") == 3);
  CHECK(block.containing("contentions", "deeper") == 3);
}

TEST_CASE("reads, selects and sleeps are no contention, whatever is recorded beside block") {
  for (const char* modes : {"block", "block,wall", "block,trace", "block,mutex,wall,trace"}) {
    INFO(modes);
    TemporaryDirectory output;
    const std::string dumped = output / "dumped.block.pb.gz";
    run(profiled({{target("still_waiting"), dumped}}, modes, output, kAll));
    REQUIRE(output.profiles("block").size() == 2);
    for (const std::string& path : output.profiles("block")) {
      INFO(path);
      const ProfileFile block(path);
      for (const char* site : {"site_mutex", "site_sem", "site_condition"}) {
        CHECK(block.containing("contentions", site) == 1);
      }
      for (const char* site : {"site_read", "site_select", "site_sleep"}) {
        CHECK(block.containing("contentions", site) == 0);
      }
    }
  }
}

TEST_CASE("a holder answers for all that wait behind it, and each for its own time") {
  TemporaryDirectory output;
  const Outcome ours = run(profiled({{target("holders")}}, "block,mutex", output, kAll));
  const std::vector<Known> known = waits_of(ours.out);
  const std::map<std::string, Held> held = held_of(ours.out);
  REQUIRE(known.size() == 2);
  const ProfileFile mutex(only(output.profiles("mutex")));
  const ProfileFile block(only(output.profiles("block")));
  // The five then wait for each other's release, for which the holder does not answer.
  for (const char* holder : {"five_wait", "fast_holder", "slow_holder"}) {
    check_charge(holder, mutex.at_leaf("delay", holder), held.at(holder));
  }
  CHECK(mutex.at_leaf("contentions", "five_wait") == 1);
  CHECK(mutex.at_leaf("contentions", "fast_holder") == 10);
  CHECK(mutex.at_leaf("contentions", "slow_holder") == 10);
  figure("slow holder %.1f times the fast one's delay",
         ratio(mutex.at_leaf("delay", "slow_holder"), mutex.at_leaf("delay", "fast_holder")));
  // A waiting thread counts its own wake-ups too.
  CHECK(ratio(block.at_leaf("delay", "wants"), known[0].ns + known[1].ns) ==
        Approx(1).epsilon(0.02));
}

TEST_CASE("waits that are cancelled or jumped out of are harmless, and later ones are seen") {
  TemporaryDirectory output;
  const Command command{{target("leaves_waits"), "300"}};
  const Outcome ours = same_as_bare(command, "cpu,heap,block,mutex", output, kAll);
  CHECK(ours.end() == "exit 0");
  const ProfileFile block(only(output.profiles("block")));
  CHECK(block.at_leaf("contentions", "last_wait") == 1);
  CHECK(block.at_leaf("delay", "last_wait") > 45000000);
}
