// PROFILER_MODE=threads,threadcreate: where every thread is, and where it was made.
#include "tests/e2e/thread_rows.h"

using namespace e2e;

TEST_CASE("every thread is there, with its name, its state and its whole stack") {
  TemporaryDirectory output;
  const Outcome ours = same_as_bare({{target("roll_call")}}, "threads", output);
  CHECK(ours.end() == "exit 0");
  check_thread_snapshot(ProfileFile(only(output.profiles("threads"))));
}

TEST_CASE("a thousand threads are all there") {
  TemporaryDirectory output;
  run(profiled({{target("roll_call"), "1000"}}, "threads,threadcreate", output));
  const ProfileFile profile(only(output.profiles("threads")));
  CHECK(profile.total("threads") == 1010);
  CHECK(profile.containing("threads", "idle_main") == 1000);
  const ProfileFile made(only(output.profiles("threadcreate")));
  CHECK(made.containing("threadcreate", "make_threads") == 1008);
}

TEST_CASE("threads are counted where they were made; those made past libc without a stack") {
  TemporaryDirectory output;
  run(profiled({{target("roll_call")}}, "threadcreate", output));
  const ProfileFile profile(only(output.profiles("threadcreate")));
  CHECK(profile.sample_types() == std::vector<std::string>{"threadcreate/count"});
  CHECK(profile.at_leaf("threadcreate", "make_threads") == 8);
  CHECK(profile.at_leaf("threadcreate", "[unknown]") == 1);
  CHECK(profile.total("threadcreate") == 9);
  CHECK_THAT(profile.all_comments(), Catch::Contains("threads that could not be created: 1\n"));
}

TEST_CASE(
    "threads that live at an exec are in the file of the image that goes, once though one exec "
    "failed") {
  TemporaryDirectory output;
  run(profiled({{target("roll_call"), "0", "exec"}}, "threads,threadcreate", output));
  const ProfileFile profile(output.profiles("threads").front());
  CHECK(profile.total("threads") == 10);
  CHECK(profile.containing("threads", "thread_main") == 7);
}

TEST_CASE("threads whose maker a plugin takes by dlsym are counted, and their time is named") {
  const std::vector<std::string> how =
      GENERATE(std::vector<std::string>{}, std::vector<std::string>{"libc"});
  TemporaryDirectory output;
  Command command{{target("threads_of_plugin")}};
  command.arguments.insert(command.arguments.end(), how.begin(), how.end());
  same_as_bare(command, "cpu,threadcreate,wall", output);
  const ProfileFile made(only(output.profiles("threadcreate")));
  CHECK(made.at_leaf("threadcreate", "make_threads_by_name") == 2);
  CHECK(made.total("threadcreate") == 3);
  const ProfileFile cpu(only(output.profiles("cpu")));
  CHECK(cpu.containing("cpu", "burn_in_plugin") + cpu.at_leaf("cpu", "[short]") > 100000000);
  CHECK(cpu.at_leaf("cpu", "[lost]") == 0);
  const ProfileFile wall(only(output.profiles("wall")));
  CHECK_THAT(wall.all_comments(), Catch::Contains("# 3 ended:"));
}

TEST_CASE("a preload that wraps pthread_create stands where it stood, before us and behind") {
  const std::string wrapper = target("wraps_threads.so");
  const std::string both = GENERATE_COPY(library() + ":" + wrapper, wrapper + ":" + library());
  TemporaryDirectory output;
  const Command command{{target("threads_of_plugin")}, {{"LD_PRELOAD", wrapper}}};
  const Outcome bare = run(command);
  const Outcome ours = run(profiled(command, "threadcreate", output, {{"LD_PRELOAD", both}}));
  CHECK(ours.end() == bare.end());
  CHECK(ours.out == bare.out);
  CHECK(ProfileFile(only(output.profiles("threadcreate"))).containing("threadcreate", "main") >= 1);
}

TEST_CASE("threads that libc makes for a notification are sampled while the program sleeps") {
  const std::string kind = GENERATE("timer", "aio", "names");
  INFO(kind);
  TemporaryDirectory output;
  same_as_bare({{target("notified"), kind}}, "cpu", output);
  const ProfileFile cpu(only(output.profiles("cpu")));
  CHECK(cpu.containing("cpu", "burn_notified") > 200000000);
  CHECK(cpu.share("cpu", "[lost]") < 0.1);
}
