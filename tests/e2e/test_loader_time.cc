// CPU time before the recording: what is the loader's, and what is not.
#include <catch2/catch.hpp>

#include "tests/e2e/harness.h"
#include "tests/e2e/profile_file.h"

using namespace e2e;

namespace {

constexpr int64_t kOfLoader = 30000000;  // targets/chosen_slowly.c
constexpr int64_t kMillisecond = 1000000;

Command under(const std::string& script, const TemporaryDirectory& output,
              const Environment& more = {}) {
  Environment all = more;
  all["PROFILER_SYMBOLIZE"] = "none";
  return profiled({{"bash", "-c", script}}, "cpu", output, all);
}

// The profile of the slow program alone.
ProfileFile slow_one(const TemporaryDirectory& output) {
  for (const std::string& path : output.profiles("cpu")) {
    if (path.find("loads_slowly") != std::string::npos) return ProfileFile(path);
  }
  FAIL("the program has left no profile");
  return ProfileFile("");
}

bool says_unknown(const ProfileFile& profile) {
  return profile.all_comments().find("is the loader's is not known") != std::string::npos;
}

// "0m1.234s" twice: user and system time.
int64_t clock_ns(const std::string& line) {
  double sum = 0;
  for (const std::string& word : words_of(line)) {
    const size_t minutes = word.find('m');
    sum += std::stod(word) * 60 + std::stod(word.substr(minutes + 1));
  }
  return static_cast<int64_t>(sum * 1e9);
}

}  // namespace

TEST_CASE("the profiles of a tree of short processes add up to their clocks") {
  constexpr int kProcesses = 20;
  TemporaryDirectory output;
  const std::string slow = target("loads_slowly");
  const Outcome ours = run(under(
      "for i in {1.." + std::to_string(kProcesses) + "}; do " + slow + "; done; times", output));
  REQUIRE(lines_of(ours.out).size() == 2);
  const int64_t clock = clock_ns(lines_of(ours.out)[1]);
  int64_t sum = 0, of_loader = 0;
  for (const std::string& path : output.profiles("cpu")) {
    if (path.find("/bash.") != std::string::npos) continue;
    const ProfileFile profile(path);
    sum += profile.total("cpu");
    of_loader += profile.at_leaf("cpu", "[loader]");
  }
  figure("%d processes: clock %.1f ms, profiles %.1f ms, [loader] %.1f ms", kProcesses,
         static_cast<double>(clock) / 1e6, static_cast<double>(sum) / 1e6,
         static_cast<double>(of_loader) / 1e6);
  CHECK(of_loader >= kProcesses * kOfLoader);
  // `times` has milliseconds.
  CHECK(sum <= clock + kMillisecond);
  // What the profiler does after the last sample: the files.
  CHECK(clock - sum < kProcesses * 10 * kMillisecond);
}

TEST_CASE("what an earlier image of the process used is not the loader's") {
  TemporaryDirectory output;
  run(under("for i in {1..100000}; do :; done; exec " + target("loads_slowly"), output));
  const ProfileFile after = slow_one(output);
  INFO(after.all_comments());
  int64_t before = 0;
  for (const std::string& path : output.profiles("cpu")) {
    if (path.find("/bash.") != std::string::npos) before = ProfileFile(path).total("cpu");
  }
  CHECK(before > kOfLoader);
  CHECK(after.at_leaf("cpu", "[loader]") >= kOfLoader);
  // The bash before it has used more than its profile says, the end of it.
  CHECK(after.at_leaf("cpu", "[loader]") < before + kOfLoader);
  CHECK_FALSE(says_unknown(after));
}

TEST_CASE("an exec that fails before the one that works changes nothing") {
  TemporaryDirectory output;
  run(under("shopt -s execfail; exec /dev/null; exec " + target("loads_slowly"), output));
  CHECK(slow_one(output).at_leaf("cpu", "[loader]") >= kOfLoader);
}

TEST_CASE("a program that no profiler saw in the process leaves the loader's time unknown") {
  const std::string slow = target("loads_slowly"), hidden = target("becomes_after_burn");
  const std::string script = GENERATE_COPY(
      // Static, between two images; not recorded; executed without the library.
      "exec " + hidden + " " + slow, "exec dash -c 'exec " + slow + "'",
      "P=$LD_PRELOAD; unset LD_PRELOAD; exec env LD_PRELOAD=$P " + slow);
  INFO(script);
  TemporaryDirectory output;
  run(under(script, output, {{"PROFILER_ONLY", "bash,target_loads_slowly"}}));
  const ProfileFile profile = slow_one(output);
  INFO(profile.all_comments());
  CHECK_FALSE(profile.has_function("[loader]"));
  CHECK(says_unknown(profile));
}

TEST_CASE("a launcher without the profiler that becomes the program is not the loader") {
  TemporaryDirectory output;
  Command command =
      profiled({{"/bin/sh", "-c", "exec \"$0\"", target("loads_slowly")}}, "cpu", output);
  command.arguments[2] = "LD_PRELOAD=" + library() + " exec \"$0\"";
  command.environment.erase("LD_PRELOAD");
  run(command);
  const ProfileFile profile = slow_one(output);
  CHECK_FALSE(profile.has_function("[loader]"));
  CHECK(says_unknown(profile));
}

TEST_CASE("tables without a file leave no mark, and the time of both is not the loader's") {
  TemporaryDirectory output;
  run(under("exec " + target("loads_slowly"), output, {{"PROFILER_SPOOL", "none"}}));
  const ProfileFile profile = slow_one(output);
  CHECK_FALSE(profile.has_function("[loader]"));
  CHECK(says_unknown(profile));
}

TEST_CASE("a first program has its loader's time, also where a vfork child executes it") {
  const std::string how = GENERATE("shell", "spawn");
  INFO(how);
  const std::string slow = target("loads_slowly");
  if (how == "spawn" && !can_execute("/usr/bin/python3")) return skip("posix_spawn", "no python3");
  TemporaryDirectory output;
  Command command = profiled({{slow}}, "cpu", output);
  if (how == "spawn") {
    command.arguments = {
        "/usr/bin/python3", "-c",
        "import os\nos.waitpid(os.posix_spawn('" + slow + "', ['slow'], os.environ), 0)"};
  }
  CHECK(run(command).end() == "exit 0");
  CHECK(slow_one(output).at_leaf("cpu", "[loader]") >= kOfLoader);
}

TEST_CASE("while nothing is recorded yet the loader's time has no row") {
  TemporaryDirectory output;
  const Command command =
      profiled({{target("loads_slowly")}}, "cpu", output, {{"PROFILER_START", "0"}});
  run(command);
  for (const std::string& path : output.profiles("cpu")) {
    CHECK_FALSE(ProfileFile(path).has_function("[loader]"));
  }
}
