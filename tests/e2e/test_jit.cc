// Code made at run time: it is in the stacks, and has the names that the program gave.
#include <unistd.h>

#include <catch2/catch.hpp>
#include <cmath>

#include "tests/e2e/harness.h"
#include "tests/e2e/profile_file.h"

using namespace e2e;

namespace {

// What the target left at /tmp, removed whatever becomes of the test.
class MapOf {
 public:
  explicit MapOf(const Outcome& outcome) : path_(lines_of(outcome.out).at(0)) {}
  ~MapOf() { ::unlink(path_.c_str()); }
  MapOf(const MapOf&) = delete;
  MapOf& operator=(const MapOf&) = delete;
  const std::string& path() const { return path_; }

 private:
  std::string path_;
};

// The share of CPU time whose stack is this from the leaf to main.
double share_of(const ProfileFile& profile, const std::string& wanted) {
  int64_t sum = 0;
  for (int i = 0; i < profile.proto().sample_size(); i++) {
    std::string stack;
    for (const Frame& frame : profile.frames(i)) {
      stack += (stack.empty() ? "" : " < ") + frame.function;
      if (frame.function == "main") break;
    }
    const size_t burn = stack.find("burn < ");  // below it may be the clock
    if (burn != std::string::npos && stack.substr(burn) == wanted) {
      sum += profile.proto().sample(i).value(1);
    }
  }
  return static_cast<double>(sum) / static_cast<double>(profile.total("cpu"));
}

constexpr double kThird = 1.0 / 3;
constexpr double kRoughly = 0.15;  // of some 90 samples

void check_names(const ProfileFile& profile) {
  CHECK(std::abs(share_of(profile, "burn < my_jit_function < main") - kThird) < kRoughly);
  CHECK(std::abs(share_of(profile, "burn < JS:*inner < call_inner < my_jit_function < main") -
                 kThird) < kRoughly);
  CHECK(std::abs(share_of(profile, "burn < [jit] < main") - kThird) < kRoughly);
  CHECK_FALSE(profile.has_function("moved_away"));
  int inner = 0;
  for (const auto& function : profile.proto().function()) {
    if (profile.text(function.name()) != "JS:*inner") continue;
    inner++;
    CHECK(profile.text(function.system_name()) == "JS:*inner /srv/a b.js:12:3");
    CHECK(profile.text(function.filename()) == "/srv/a b.js");
    CHECK(function.start_line() == 12);
  }
  CHECK(inner == 1);
}

void check_no_names(const ProfileFile& profile) {
  CHECK(std::abs(share_of(profile, "burn < [jit] < main") - 2 * kThird) < kRoughly);
  CHECK(std::abs(share_of(profile, "burn < [jit] < call_inner < [jit] < main") - kThird) <
        kRoughly);
}

}  // namespace

TEST_CASE("functions made at run time are in the stacks, with the names of the perf map") {
  TemporaryDirectory output;
  const Outcome ours = run(profiled({{target("jit")}}, "cpu", output));
  REQUIRE(ours.end() == "exit 0");
  const MapOf map(ours);
  CHECK(ours.err.empty());
  check_names(ProfileFile(only(output.profiles("cpu"))));
}

TEST_CASE("profiler run names the code that each process made") {
  TemporaryDirectory output;
  const Outcome ours = run(
      {{program(), "run", "--mode", "cpu", "--output", output.path() + "/", "--", target("jit")}});
  REQUIRE(ours.end() == "exit 0");
  const MapOf map(ours);
  check_names(ProfileFile(only(output.profiles("cpu"))));
}

TEST_CASE("without a perf map code made at run time is [jit], and the stacks are as whole") {
  TemporaryDirectory output;
  const Outcome ours = run(profiled({{target("jit"), "300", "none"}}, "cpu", output));
  CHECK(ours.end() == "exit 0");
  check_no_names(ProfileFile(only(output.profiles("cpu"))));
}

TEST_CASE("profiler symbolize --perf-map names what was [jit] before") {
  TemporaryDirectory output, directory;
  const Outcome ours =
      run(profiled({{target("jit")}}, "cpu", output, {{"PROFILER_SYMBOLIZE", "none"}}));
  const std::string path = only(output.profiles("cpu"));
  {
    const MapOf map(ours);
    write_file(directory / "map", read_file(map.path()));
  }
  CHECK(run({{program(), "symbolize", path}}).end() == "exit 0");
  check_no_names(ProfileFile(path));
  const Outcome named = run({{program(), "symbolize", "--perf-map", directory / "map", path}});
  CHECK(named.end() == "exit 0");
  // One line of the map is malformed.
  CHECK(named.err == "profiler: " + (directory / "map") +
                         ": lines skipped that are not START SIZE NAME, in hexadecimal: 1\n");
  check_names(ProfileFile(path));
  CHECK(run({{program(), "symbolize", "--perf-map", directory / "none", path}}).end() == "exit 2");
}

namespace {

// The stack of most of the CPU time below this function, as far as main.
std::string stack_of(const std::string& way, const std::string& function, double* share,
                     bool has_map) {
  TemporaryDirectory output;
  const Outcome ours = run(profiled({{target("made_code"), way}}, "cpu", output));
  REQUIRE(ours.end() == "exit 0");
  if (has_map) const MapOf map(ours);
  const ProfileFile profile(only(output.profiles("cpu")));
  *share = static_cast<double>(profile.containing("cpu", function)) /
           static_cast<double>(profile.total("cpu"));
  const std::string stack = profile.stack_below("cpu", function);
  const size_t end = stack.find(" < main");
  return end == std::string::npos ? stack : stack.substr(0, end + 7);
}

}  // namespace

TEST_CASE("code made at run time without a frame pointer keeps its own frame") {
  double share;
  CHECK(stack_of("leaf", "made_function", &share, true) == "made_function < [unknown]");
  CHECK(share > 0.8);
}

TEST_CASE("a trampoline made at run time is passed by the instructions behind its call") {
  const std::string way = GENERATE("trampoline", "framed");
  double share;
  CHECK(stack_of(way, "burn_iterations", &share, true) ==
        "burn_iterations < burn < made_function < calls_made_code < main");
  CHECK(share > 0.8);
}

TEST_CASE("a heap pointer beside a frame pointer is no frame") {
  double share;
  CHECK(stack_of("simd", "simd_kernel", &share, false) == "simd_kernel < calls_simd < main");
  CHECK(share > 0.8);
}

TEST_CASE("a return address that no call has left is a context's first frame") {
  double share;
  CHECK(stack_of("context", "burn_iterations", &share, false) ==
        "burn_iterations < burn < begin_context");
  CHECK(share > 0.8);
}
