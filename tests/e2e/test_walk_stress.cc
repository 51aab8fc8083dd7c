// Walks where they are hard: among exceptions, unloading, forks and fibers; that a sample asks
// nothing of the kernel; that it touches no descriptor. WALK_STRESS_SECONDS: how long
// (scripts/stress walk).
#include <algorithm>
#include <catch2/catch.hpp>
#include <cstdlib>
#include <map>
#include <set>

#include "tests/e2e/harness.h"
#include "tests/e2e/profile_file.h"

using namespace e2e;

namespace {

std::string seconds_asked() {
  const char* seconds = getenv("WALK_STRESS_SECONDS");
  return seconds == nullptr ? "3" : seconds;
}

std::set<std::string> functions_of(const ProfileFile& profile, int sample) {
  std::set<std::string> names;
  for (const Frame& frame : profile.frames(sample)) names.insert(frame.function);
  return names;
}

struct Seen {
  int64_t samples = 0, unknown = 0, of_a = 0, of_b = 0, wrong = 0;
};

// By the first value, the number of samples.
Seen look_at(const ProfileFile& profile) {
  Seen seen;
  for (int i = 0; i < profile.proto().sample_size(); i++) {
    const int64_t count = profile.proto().sample(i).value(0);
    const std::set<std::string> names = functions_of(profile, i);
    const bool a = names.count("function_of_a") != 0, b = names.count("function_of_b") != 0;
    seen.samples += count;
    if (names.count("[unknown]") != 0) seen.unknown += count;
    if (a) seen.of_a += count;
    if (b) seen.of_b += count;
    const bool wrong = (a && names.count("call_a") == 0) || (b && names.count("call_b") == 0);
    if ((a && b) || (wrong && names.count("[unknown]") == 0)) seen.wrong += count;
    if ((a && names.count("call_b") != 0) || (b && names.count("call_a") != 0)) seen.wrong += count;
  }
  return seen;
}

using Calls = std::map<std::string, long>;

// System calls by name, as `strace -c` counts them.
Calls calls_of(const Command& command, const TemporaryDirectory& directory) {
  Command traced = command;
  const std::string file = directory / "counts";
  std::vector<std::string> before = {"strace", "-f", "-c", "-U", "name,calls", "-o", file};
  for (const auto& [name, value] : command.environment) {
    before.insert(before.end(), {"-E", std::string(name) + "=" + value});
  }
  traced.environment.clear();
  traced.arguments.insert(traced.arguments.begin(), before.begin(), before.end());
  const Outcome outcome = run(traced);
  INFO(outcome.err);
  REQUIRE(outcome.end() == "exit 0");
  Calls calls;
  for (const std::string& line : lines_of(read_file(file))) {
    const std::vector<std::string> words = words_of(line);
    if (words.size() == 2 && atol(words[1].c_str()) > 0) calls[words[0]] = atol(words[1].c_str());
  }
  return calls;
}

bool strace_works() {
  if (run({{"strace", "-c", "-U", "name,calls", "/bin/true"}}).end() == "exit 0") return true;
  skip("system calls of a sample", "strace is not installed or may not trace here");
  return false;
}

}  // namespace

TEST_CASE("a host that throws, unloads, forks and switches fibers ends as bare, with right names") {
  TemporaryDirectory output;
  Command command{{target("walk_stress"), seconds_asked()}};
  command.limit_s = 60 + 3 * atoi(seconds_asked().c_str());
  const Outcome ours =
      same_as_bare(command, "cpu,heap", output,
                   {{"PROFILER_CPU_HZ", "1000"}, {"PROFILER_SYMBOLIZE_TIME", "60s"}});
  CHECK(ours.out == "done\n");
  CHECK(ours.end() == "exit 9");
  const std::string name = "target_walk_stress." + std::to_string(ours.pid) + ".cpu.pb.gz";
  const ProfileFile profile(output / name);
  const Seen seen = look_at(profile);
  figure(
      "walk_stress, %s s: %lld samples, %.4f [unknown], %lld and %lld in the two objects, %lld "
      "wrong",
      seconds_asked().c_str(), static_cast<long long>(seen.samples),
      static_cast<double>(seen.unknown) / static_cast<double>(std::max<int64_t>(seen.samples, 1)),
      static_cast<long long>(seen.of_a), static_cast<long long>(seen.of_b),
      static_cast<long long>(seen.wrong));
  CHECK(seen.of_a > 10);
  CHECK(seen.of_b > 10);
  CHECK(seen.wrong == 0);
  CHECK(static_cast<double>(seen.unknown) < 0.05 * static_cast<double>(seen.samples));
}

TEST_CASE(
    "a sample makes no system call but one in 16: with more work only returns from handlers grow") {
  if (!strace_works()) return;
  TemporaryDirectory directory;
  const Environment more = {{"PROFILER_CPU_HZ", "1000"}, {"PROFILER_SYMBOLIZE", "none"}};
  const auto calls = [&](const char* rounds, bool is_profiled) {
    const Command command{{target("steady_work"), rounds}};
    return calls_of(is_profiled ? profiled(command, "cpu,heap", directory, more) : command,
                    directory);
  };
  CHECK(calls("100", false) == calls("1000", false));
  const Calls few = calls("100", true);
  Calls many = calls("1000", true);
  const auto grown = [&](const std::string& name) {
    const auto before = few.find(name);
    return many[name] - (before == few.end() ? 0 : before->second);
  };
  const long ticks = grown("rt_sigreturn");
  long others = 0;
  for (const auto& [name, count] : many) {
    if (name == "rt_sigreturn" || name == "total") continue;
    INFO(name << ": " << count << ", of which " << grown(name) << " by more work");
    // Tables grow now and then: two calls for some 200 new stacks. Every 16th tick reads the
    // process's CPU clock, for threads that no hook saw.
    CHECK(grown(name) <= (name == "clock_gettime" ? ticks / 16 + 4 : ticks / 50 + 4));
    others += std::max<long>(grown(name), 0);
  }
  figure("system calls of more work: %ld rt_sigreturn, %ld others", ticks, others);
  CHECK(ticks > 100);
}

TEST_CASE("a frame without unwind rules costs the host none of its files, pipes and sockets") {
  TemporaryDirectory output;
  const Outcome ours =
      same_as_bare({{target("without_cfi")}}, "cpu", output, {{"PROFILER_CPU_HZ", "1000"}});
  CHECK(ours.out == "0 changed\n");
  const ProfileFile profile(only(output.profiles("cpu")));
  CHECK(profile.share("samples", "burn_below") > 0.8);
}
