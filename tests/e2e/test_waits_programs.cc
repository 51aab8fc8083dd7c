// PROFILER_MODE=block,mutex on the ways to wait of C++'s and Rust's standard libraries and OpenMP,
// and what is sampled beside what was waited.
//
// The targets' waits end 20 ms after the kernel says that the waiter sleeps: a wait as recorded is
// at least that long and no longer than what the program measured around it, on any machine.
#include <catch2/catch.hpp>
#include <cmath>
#include <set>

#include "tests/e2e/harness.h"
#include "tests/e2e/profile_file.h"

using namespace e2e;

namespace {

const Environment kAll = {{"PROFILER_BLOCK_RATE", "1ns"}};
constexpr int64_t kTenWaits = 10 * 20'000'000;

struct Run {
  TemporaryDirectory output;
  Outcome outcome;
  std::map<std::string, int64_t> known;  // nanoseconds by site

  explicit Run(const std::string& name)
      : outcome(run(profiled({{target(name)}}, "block,mutex,threadcreate", output, kAll))) {
    CHECK(outcome.end() == "exit 0");
    for (const std::string& line : lines_of(outcome.out)) {
      const std::vector<std::string> w = words_of(line);
      if (w.size() == 3 && w[0] == "wait") known[w[1]] = std::stoll(w[2]);
    }
  }
  ProfileFile profile(const std::string& mode) const {
    return ProfileFile(only(output.profiles(mode)));
  }
};

// The kinds of all samples whose stack has the function.
std::string kinds_of(const ProfileFile& profile, const std::string& function) {
  std::set<std::string> kinds;
  for (int i = 0; i < profile.proto().sample_size(); i++) {
    for (const Frame& frame : profile.frames(i)) {
      if (frame.function == function)
        kinds.insert(profile.string_label(profile.proto().sample(i), "kind"));
    }
  }
  std::string all;
  for (const std::string& kind : kinds) all += (all.empty() ? "" : " ") + kind;
  return all;
}

void check_ten(const Run& run, const ProfileFile& block, const std::string& site,
               const std::string& kind) {
  INFO(site);
  REQUIRE(run.known.count(site) == 1);
  CHECK(block.containing("contentions", site) == 10);
  CHECK(block.containing("delay", site) >= kTenWaits);
  CHECK(block.containing("delay", site) <= run.known.at(site));
  CHECK(kinds_of(block, site) == kind);
}

// The releasing thread is charged for the wait without its wake-up.
void check_release(const Run& run, const ProfileFile& mutex, const std::string& release,
                   const std::string& site) {
  INFO(release);
  CHECK(mutex.containing("contentions", release) == 10);
  CHECK(mutex.containing("delay", release) >= kTenWaits);
  CHECK(mutex.containing("delay", release) <= run.known.at(site));
}

}  // namespace

TEST_CASE(
    "C++'s mutex, shared_mutex, condition_variable, atomic wait, semaphore, latch, barrier, "
    "future") {
  const Run run("standard_waits");
  const ProfileFile block = run.profile("block");
  CHECK(run.known.size() == 9);
  check_ten(run, block, "site_mutex", "mutex");
  check_ten(run, block, "site_shared", "rwlock_read");
  check_ten(run, block, "site_condition", "condvar");
  check_ten(run, block, "site_timed_condition", "condvar");
  for (const char* site :
       {"site_atomic", "site_semaphore", "site_latch", "site_barrier", "site_future"}) {
    check_ten(run, block, site, "futex");
  }
  const ProfileFile mutex = run.profile("mutex");
  check_release(run, mutex, "release_mutex", "site_mutex");
  check_release(run, mutex, "release_exclusive", "site_shared");
  check_release(run, mutex, "release_atomic", "site_atomic");
  CHECK(run.profile("threadcreate").total("threadcreate") == 9);
}

TEST_CASE("Rust's Mutex, Condvar, channel, park, and a futex of one's own") {
  if (!can_execute(target("waits_rs"))) return skip("Rust", "there was no rustc to build it");
  const Run run("waits_rs");
  const ProfileFile block = run.profile("block");
  CHECK(run.known.size() == 5);
  for (const auto& [site, ns] : run.known) check_ten(run, block, site, "futex");
  const ProfileFile mutex = run.profile("mutex");
  check_release(run, mutex, "release_mutex", "site_mutex");
  check_release(run, mutex, "release_futex", "site_futex");
  CHECK(run.profile("threadcreate").total("threadcreate") == 5);
}

TEST_CASE("OpenMP: its threads are counted, its own waits are not seen, what it does is the same") {
  TemporaryDirectory output;
  const Outcome ours =
      same_as_bare({{target("openmp_waits")}}, "block,mutex,threadcreate", output, kAll);
  CHECK(ours.out == "6\n");
  const ProfileFile created(only(output.profiles("threadcreate")));
  CHECK(created.total("threadcreate") == 3);
  CHECK(created.containing("threadcreate", "GOMP_parallel") == 3);
  // libgomp calls the kernel itself (docs/LIMITS.md); with this no longer zero, say so there.
  CHECK(ProfileFile(only(output.profiles("block"))).total("contentions") == 0);
  CHECK(ProfileFile(only(output.profiles("mutex"))).total("contentions") == 0);
  CHECK_THAT(ProfileFile(only(output.profiles("block"))).all_comments(),
             Catch::Contains("not seen: barriers and locks of OpenMP"));
}

namespace {

constexpr double kSigmas = 6;

std::vector<double> numbers(const std::string& out) {
  std::vector<double> all;
  for (const std::string& word : words_of(lines_of(out).at(0))) all.push_back(std::stod(word));
  return all;
}

// An estimate beside the truth, in standard errors of its sampling.
void check_close(const char* what, int64_t estimate, double truth, double variance) {
  const double z = (static_cast<double>(estimate) - truth) / std::sqrt(variance + 1);
  figure("%s: %.4f of the truth, %+.1f standard errors", what,
         static_cast<double>(estimate) / truth, z);
  INFO(what << " " << estimate << " of " << truth);
  CHECK(std::abs(z) < kSigmas);
}

struct Sampled {
  TemporaryDirectory output;
  std::vector<double> measured;

  Sampled(Command command, const std::string& mode, const Environment& more)
      : measured(numbers(run(profiled(command, mode, output, more)).out)) {}
};

}  // namespace

TEST_CASE("block: short waits in proportion to their length add up to all of them") {
  const auto judge = [](std::vector<std::string> arguments, const std::string& rate) {
    const Sampled run({arguments}, "block", {{"PROFILER_BLOCK_RATE", rate}});
    REQUIRE(run.measured.size() == 4);
    const ProfileFile block(only(run.output.profiles("block")));
    check_close(("waits at " + rate).c_str(), block.containing("contentions", "short_wait"),
                run.measured[0], run.measured[2]);
    return std::make_pair(block.containing("delay", "short_wait"), run.measured);
  };
  // So close together, they are kept as with eight times the rate.
  judge({target("short_waits"), "100000", "80000", "1", "20"}, "10us");
  // Of waits of microseconds the program's own measuring is a part; of longer ones it is nothing.
  const auto [delay, measured] =
      judge({target("short_waits"), "2000", "1000000", "50", "1000"}, "1ms");
  check_close("delay at 1ms", delay, measured[1], measured[3]);
}

TEST_CASE("mutex: one release in five, weighted, adds up to all of them") {
  const Sampled run({{target("short_holds"), "20000"}}, "mutex",
                    {{"PROFILER_BLOCK_RATE", "1ns"}, {"PROFILER_MUTEX_FRACTION", "5"}});
  REQUIRE(run.measured.size() == 3);
  const ProfileFile mutex(only(run.output.profiles("mutex")));
  // Kept with 1/5 each and then five times: a variance of four times the square.
  check_close("releases", mutex.at_leaf("contentions", "wake"), run.measured[0],
              4 * run.measured[0]);
  check_close("their delay", mutex.at_leaf("delay", "wake"), run.measured[1], 4 * run.measured[2]);
}
