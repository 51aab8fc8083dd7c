// What each wrong value gets: one line that names the variable, the value and what is accepted.
#include <catch2/catch.hpp>

#include "tests/e2e/harness.h"
#include "tests/e2e/profile_file.h"

using namespace e2e;

namespace {

Outcome run_with(const TemporaryDirectory& output, const Environment& more,
                 const std::string& modes = "heap") {
  return run(profiled({{target("ends"), "exit"}}, modes, output, more));
}

bool has(const std::string& text, const std::string& part) {
  return text.find(part) != std::string::npos;
}

void check_one_line(const Outcome& outcome, const std::string& name, const std::string& value) {
  CHECK(outcome.end() == "exit 3");
  CHECK(outcome.out == "ends by exit\n");
  INFO("stderr: " << outcome.err);
  const std::vector<std::string> lines = outcome.error_lines();
  REQUIRE(lines.size() == 1);
  CHECK(has(lines[0], "profiler: "));
  CHECK(has(lines[0], name));
  CHECK(has(lines[0], value));
}

// Of any sample; not counting the mark of a cut, and inlined frames as one with their function.
int most_locations(const ProfileFile& profile) {
  int most = 0;
  for (int i = 0; i < profile.proto().sample_size(); i++) {
    const std::vector<Frame> frames = profile.frames(i);
    const bool cut = !frames.empty() && frames.back().function == "[truncated]";
    most = std::max(most, profile.proto().sample(i).location_id_size() - (cut ? 1 : 0));
  }
  return most;
}

int64_t period(const std::string& mode, const Environment& more) {
  TemporaryDirectory output;
  const Outcome ours = run_with(output, more, mode);
  CHECK(ours.err.empty());
  return ProfileFile(only(output.profiles(mode))).proto().period();
}

}  // namespace

TEST_CASE("each wrong value of each variable is one line, and the program runs on") {
  const std::vector<std::pair<std::string, std::string>> wrong = {
      {"MODE", "hepa"},
      {"MODE", "heap,cpuu"},
      {"OUTPUT", "%z.pb.gz"},
      {"OUTPUT", "%q{HOME"},
      {"ONLY", "cc1[a-"},
      {"ONLY", "/usr/bin/cc"},
      {"CPU_HZ", "0"},
      {"CPU_HZ", "1001"},
      {"CPU_HZ", "fast"},
      {"CPU_HZ", "-5"},
      {"CPU_HZ", "100x"},
      {"CPU_CLOCK", "sundial"},
      {"WALL_HZ", "0"},
      {"WALL_HZ", "1e9"},
      {"HEAP_RATE", "lots"},
      {"HEAP_RATE", "-1"},
      {"HEAP_RATE", "12Q"},
      {"HEAP_RATE", "99999999999999999999"},
      {"BLOCK_RATE", "10parsec"},
      {"BLOCK_RATE", "-3us"},
      {"MUTEX_FRACTION", "some"},
      {"STACK_DEPTH", "0"},
      {"STACK_DEPTH", "1025"},
      {"STACK_DEPTH", "deep"},
      {"UNWINDER", "magic"},
      {"DELAY", "soon"},
      {"DURATION", "-1s"},
      {"START", "perhaps"},
      {"INTERVAL", "often"},
      {"DELTA", "maybe"},
      {"SIGNAL", "SIGNONE"},
      {"SIGNAL", "SIGKILL"},
      {"SIGNAL", "99"},
      {"TOGGLE_SIGNAL", "loud"},
      {"HTTP", "nowhere:port"},
      {"HTTP", "127.0.0.1:99999"},
      {"PUSH", "carrier-pigeon"},
      {"LABELS", "novalue"},
      {"CHILDREN", "few"},
      {"SYMBOLIZE", "half"},
      {"SYMBOLIZE_TIME", "long"},
      {"MEMORY", "big"},
      {"TRACE_BUFFER", "round"},
      {"LOG", "loud"},
  };
  for (const auto& [name, value] : wrong) {
    DYNAMIC_SECTION("PROFILER_" << name << "=" << value) {
      TemporaryDirectory output;
      check_one_line(run_with(output, {{"PROFILER_" + name, value}}), "PROFILER_" + name, value);
    }
  }
}

TEST_CASE("an unknown name is reported with the nearest known one, without a mode too") {
  const std::vector<std::pair<std::string, std::string>> unknown = {
      {"PROFILER_MOED", "PROFILER_MODE"},
      {"PROFILER_HEAPRATE", "PROFILER_HEAP_RATE"},
      {"PROFILER_CPU_HERTZ", "PROFILER_CPU_HZ"},
      {"PROFILER_OUTPUTS", "PROFILER_OUTPUT"},
  };
  for (const auto& [name, nearest] : unknown) {
    TemporaryDirectory output;
    check_one_line(run_with(output, {{name, "7"}}), name, nearest);
    Command command = {{target("ends"), "exit"}};
    command.environment = {{"LD_PRELOAD", library()}, {name, "7"}};
    check_one_line(run(command), name, nearest);
  }
}

TEST_CASE("two wrong values are two lines") {
  TemporaryDirectory output;
  const Outcome ours =
      run_with(output, {{"PROFILER_CPU_HZ", "fast"}, {"PROFILER_HEAP_RATE", "lots"}});
  CHECK(ours.error_lines().size() == 2);
  CHECK_FALSE(output.profiles("heap").empty());
}

TEST_CASE("a mode that is wrong does not take the right ones with it") {
  TemporaryDirectory output;
  run_with(output, {}, "heap,hepa,cpu");
  CHECK(output.profiles("heap").size() == 1);
  CHECK(output.profiles("cpu").size() == 1);
}

TEST_CASE("only the first process of a tree complains") {
  TemporaryDirectory output;
  const std::string script = target("ends") + " exit; " + target("ends") + " exit; ls / >/dev/null";
  const Outcome ours =
      run(profiled({{"bash", "-c", script}}, "heap", output, {{"PROFILER_CPU_HZ", "fast"}}));
  INFO(ours.err);
  CHECK(ours.error_lines().size() == 1);
}

TEST_CASE("quiet means quiet") {
  TemporaryDirectory output;
  const Outcome ours = run_with(
      output, {{"PROFILER_CPU_HZ", "fast"}, {"PROFILER_LOG", "quiet"}, {"PROFILER_X", ""}});
  CHECK(ours.err.empty());
}

TEST_CASE("PROFILER_HELP lists every variable with its default and leaves stdout alone") {
  TemporaryDirectory output;
  const Outcome ours = run_with(output, {{"PROFILER_HELP", "1"}});
  CHECK(ours.out == "ends by exit\n");
  CHECK(ours.end() == "exit 3");
  for (const std::string name : {"MODE",          "OUTPUT",    "CPU_HZ",       "CPU_CLOCK",
                                 "WALL_HZ",       "HEAP_RATE", "BLOCK_RATE",   "MUTEX_FRACTION",
                                 "STACK_DEPTH",   "UNWINDER",  "DELAY",        "DURATION",
                                 "START",         "INTERVAL",  "DELTA",        "SIGNAL",
                                 "TOGGLE_SIGNAL", "HTTP",      "PUSH",         "LABELS",
                                 "CHILDREN",      "ONLY",      "SYMBOLIZE",    "SYMBOLIZE_TIME",
                                 "MEMORY",        "SPOOL",     "TRACE_BUFFER", "LOG",
                                 "HELP"}) {
    INFO("PROFILER_" << name);
    CHECK(has(ours.err, "PROFILER_" + std::string(name)));
  }
  CHECK(has(ours.err, "512K"));
}

TEST_CASE("sizes and rates are understood as written") {
  CHECK(period("heap", {}) == 524288);
  CHECK(period("heap", {{"PROFILER_HEAP_RATE", "1M"}}) == 1048576);
  CHECK(period("heap", {{"PROFILER_HEAP_RATE", "64KiB"}}) == 65536);
  CHECK(period("heap", {{"PROFILER_HEAP_RATE", "100B"}}) == 100);
  CHECK(period("heap", {{"PROFILER_HEAP_RATE", "4096"}}) == 4096);
  CHECK(period("cpu", {}) == 10000000);
  CHECK(period("cpu", {{"PROFILER_CPU_HZ", "250"}}) == 4000000);
}

TEST_CASE("aliases and repeated modes") {
  TemporaryDirectory output;
  CHECK(run_with(output, {}, "alloc,heap,heap").err.empty());
  CHECK(output.profiles("allocs").size() == 1);
  CHECK(output.profiles("heap").size() == 1);
}

TEST_CASE("PROFILER_STACK_DEPTH is the number of frames kept") {
  TemporaryDirectory output;
  run(profiled({{target("recursion"), "50"}}, "heap", output,
               {{"PROFILER_HEAP_RATE", "1"}, {"PROFILER_STACK_DEPTH", "7"}}));
  const ProfileFile profile(only(output.profiles("heap")));
  CHECK(most_locations(profile) == 7);
  CHECK(profile.containing("alloc_space", "[truncated]") > 0);
}

TEST_CASE("PROFILER_LABELS are on every sample") {
  TemporaryDirectory output;
  CHECK(run_with(output, {{"PROFILER_LABELS", "service=shop,zone=eu"}, {"PROFILER_HEAP_RATE", "1"}})
            .err.empty());
  const ProfileFile profile(only(output.profiles("heap")));
  REQUIRE(profile.proto().sample_size() > 0);
  for (const auto& sample : profile.proto().sample()) {
    CHECK(profile.string_label(sample, "service") == "shop");
    CHECK(profile.string_label(sample, "zone") == "eu");
  }
}

TEST_CASE("PROFILER_MEMORY bounds what is kept, and the loss is reported") {
  TemporaryDirectory output;
  const std::string script = "kept = [str(i) * 3 for i in range(200000)]; print(len(kept))";
  const Outcome ours = run(profiled(
      {{"python3", "-c", script}}, "heap", output,
      {{"PROFILER_HEAP_RATE", "1"}, {"PROFILER_MEMORY", "1M"}, {"PYTHONMALLOC", "malloc"}}));
  CHECK(ours.out == "200000\n");
  const ProfileFile profile(only(output.profiles("heap")));
  CHECK(profile.has_function("[lost]"));
  CHECK(profile.total("alloc_objects") > 400000);  // the string and its digits
  CHECK(profile.all_comments().find("lost: 0\n") == std::string::npos);
}
