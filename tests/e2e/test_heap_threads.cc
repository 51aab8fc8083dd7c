// Blocks that are freed by other threads than those that allocated them.
#include <catch2/catch.hpp>
#include <cstdlib>

#include "tests/e2e/harness.h"
#include "tests/e2e/profile_file.h"

using namespace e2e;

namespace {

// 60 by scripts/stress heap.
std::string seconds() {
  const char* asked = getenv("HEAP_STRESS_SECONDS");
  return asked == nullptr ? "2" : asked;
}

}  // namespace

TEST_CASE("sixteen threads exchange blocks: in use returns to zero, errno and contents are kept") {
  for (const char* rate : {"1", "4096", "65536"}) {
    INFO("PROFILER_HEAP_RATE=" << rate);
    TemporaryDirectory output;
    Command command{{target("exchange_blocks"), seconds(), "16"}};
    command.limit_s = 600;
    const Outcome ours = run(profiled(command, "heap", output, {{"PROFILER_HEAP_RATE", rate}}));
    CHECK(ours.end() == "exit 0");
    CHECK(ours.out == "errno changed 0 times, 0 blocks torn\n");
    const ProfileFile profile(only(output.profiles("heap")));
    CHECK(profile.containing("alloc_objects", "exchange") > 0);
    CHECK(profile.containing("inuse_objects", "exchange") == 0);
    CHECK(profile.containing("inuse_space", "exchange") == 0);
    figure("rate %s: %s, %lld objects", rate, ours.err.c_str(),
           static_cast<long long>(profile.containing("alloc_objects", "exchange")));
  }
}
