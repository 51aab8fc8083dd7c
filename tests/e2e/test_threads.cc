// PROFILER_MODE=threads,threadcreate: where every thread is, and where it was made.
#include "tests/e2e/thread_rows.h"

using namespace e2e;

TEST_CASE("every thread is there, with its name, its state and its whole stack") {
  TemporaryFolder output;
  const Outcome ours = same_as_bare({{target("roll_call")}}, "threads", output);
  CHECK(ours.end() == "exit 0");
  check_roll_call(ProfileFile(only(output.profiles("threads"))));
}

TEST_CASE("a thousand threads are all there") {
  TemporaryFolder output;
  run(profiled({{target("roll_call"), "1000"}}, "threads,threadcreate", output));
  const ProfileFile profile(only(output.profiles("threads")));
  CHECK(profile.total("threads") == 1010);
  CHECK(profile.containing("threads", "idle_main") == 1000);
  const ProfileFile made(only(output.profiles("threadcreate")));
  CHECK(made.containing("threadcreate", "make_threads") == 1008);
}

TEST_CASE("threads are counted where they were made; those made past libc without a stack") {
  TemporaryFolder output;
  run(profiled({{target("roll_call")}}, "threadcreate", output));
  const ProfileFile profile(only(output.profiles("threadcreate")));
  CHECK(profile.sample_types() == std::vector<std::string>{"threadcreate/count"});
  CHECK(profile.at_leaf("threadcreate", "make_threads") == 8);
  CHECK(profile.at_leaf("threadcreate", "[unknown]") == 1);
  CHECK(profile.total("threadcreate") == 9);
  CHECK_THAT(profile.all_comments(), Catch::Contains("threads that could not be created: 1\n"));
}

TEST_CASE(
    "who lives at an exec is in the file of the image that goes, once though one exec failed") {
  TemporaryFolder output;
  run(profiled({{target("roll_call"), "0", "exec"}}, "threads,threadcreate", output));
  const ProfileFile profile(output.profiles("threads").front());
  CHECK(profile.total("threads") == 10);
  CHECK(profile.containing("threads", "thread_main") == 7);
}
