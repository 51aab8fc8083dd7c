// Faults found in what looks at waits and at every thread, one test each.
#include <catch2/catch.hpp>

#include "tests/e2e/harness.h"
#include "tests/e2e/profile_file.h"

using namespace e2e;

// 79 s where each thread was looked for among all, 6 s since; the program alone takes 2.5 s.
TEST_CASE("a program of 30,000 threads ends soon after they have been looked at") {
  TemporaryFolder output;
  Command command{{target("many_waiters"), "30000"}};
  command.limit_s = 40;
  const Outcome ours = run(profiled(command, "threads", output));
  REQUIRE(ours.end() == "exit 0");
  const ProfileFile profile(only(output.profiles("threads")));
  CHECK(profile.total("threads") == std::stoll(ours.out));
  figure("%s threads, ended after %.1f s", lines_of(ours.out)[0].c_str(), ours.seconds);
}
