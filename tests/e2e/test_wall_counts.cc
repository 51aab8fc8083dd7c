// PROFILER_MODE=wall where waits are interrupted, left, or looked at all the time: each is counted
// once, in whichever file it is.
#include <catch2/catch.hpp>
#include <map>

#include "tests/e2e/harness.h"
#include "tests/e2e/profile_file.h"

using namespace e2e;

namespace {

// What all files together have of the threads of this name, in seconds.
double recorded(const TemporaryDirectory& output, const std::string& thread) {
  double seconds = 0;
  for (const std::string& name : output.files()) {
    if (name.find(".wall.") == std::string::npos) continue;
    const ProfileFile profile(output / name);
    for (const auto& sample : profile.proto().sample()) {
      if (profile.string_label(sample, "thread") != thread) continue;
      seconds += static_cast<double>(sample.value(1)) / 1e9;
    }
  }
  return seconds;
}

// And what those say that they lived.
double lived(const std::string& out, const std::string& thread) {
  double seconds = 0;
  for (const std::string& line : lines_of(out)) {
    const auto words = words_of(line);
    if (words.size() == 2 && words[0] == thread) seconds += std::stod(words[1]);
  }
  return seconds;
}

void check_once(const std::string& way, const std::string& thread, const std::string& interval) {
  TemporaryDirectory output;
  Environment more;
  if (!interval.empty()) more["PROFILER_INTERVAL"] = interval;
  const Command command{{target("waits_oddly"), way, output / "dump"}};
  const Outcome ours = run(profiled(command, "wall", output, more));
  REQUIRE(ours.end() == "exit 0");
  const double recorded_s = recorded(output, thread), truth = lived(ours.out, thread);
  INFO(way << ": " << recorded_s << " s of " << truth);
  figure("wall: %s: %.3f s recorded of %.3f", way.c_str(), recorded_s, truth);
  REQUIRE(truth > 1);
  CHECK(recorded_s > 0.97 * truth);
  CHECK(recorded_s < 1.03 * truth);
}

}  // namespace

TEST_CASE("a read that goes on over handlers that wait, and is looked at, is counted once") {
  check_once("handler", "reads", "100ms");
}

TEST_CASE("a read that a jump leaves, and that was looked at, is counted once") {
  check_once("jump", "jumps", "100ms");
}

TEST_CASE("short waits that each dump looks at are counted once") {
  check_once("dumps", "naps", "");
}

TEST_CASE("a thread that is found in its last destructors is not counted again") {
  check_once("ends", "dies", "50ms");
}
