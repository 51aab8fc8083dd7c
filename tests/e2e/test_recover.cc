// What a killed process has recorded becomes the files that it would have written.
#include <catch2/catch.hpp>
#include <filesystem>

#include "tests/e2e/kill_once_told.h"
#include "tests/e2e/victim.h"

using namespace e2e;

TEST_CASE("every end that writes nothing is recovered by recover, with names and once") {
  for (const std::string how : {"sigkill", "abort", "segv", "sigterm", "raw"}) {
    INFO("ends by " << how);
    TemporaryDirectory output, spool;
    const Command bare = {{target("ends"), how}};
    const Outcome ours = run(profiled(
        bare, "heap", output, {{"PROFILER_HEAP_RATE", "1"}, {"PROFILER_SPOOL", spool.path()}}));
    CHECK(ours.end() == run(bare).end());
    CHECK(output.files().empty());
    REQUIRE(spool.tables().size() == 1);
    CHECK(recover({spool.tables()[0]}).end() == "exit 0");
    const ProfileFile heap(only(output.profiles("heap")));
    CHECK(heap.containing("alloc_objects", "site_of_ends") == 1);
    check_says_so(heap);
    CHECK(spool.files().empty());
    CHECK(recover({spool.path()}).end() == "exit 0");
    CHECK(output.files().size() == 1);
  }
}

TEST_CASE("every end that writes nothing is recovered by run, which ends the same way") {
  for (const std::string how : {"sigkill", "abort", "segv", "sigterm", "raw"}) {
    INFO("ends by " << how);
    TemporaryDirectory output, spool;
    const Command bare = {{target("ends"), how}};
    Command command = {{program(), "run", "--quiet", "--mode", "heap", "--heap-rate", "1",
                        "--spool", spool.path(), "--output", output.path() + "/", "--",
                        target("ends"), how}};
    const Outcome ours = run(command), plain = run(bare);
    CHECK(ours.end() == plain.end());
    CHECK(ours.out == plain.out);
    CHECK(ours.err == plain.err);
    const ProfileFile heap(only(output.profiles("heap")));
    CHECK(heap.containing("alloc_objects", "site_of_ends") == 1);
    CHECK(heap.proto().duration_nanos() > 0);
    check_says_so(heap);
    CHECK(spool.files().empty());
  }
}

TEST_CASE("a living process's tables are left alone") {
  Victim victim("heap");
  const std::string tables = victim.spool.tables().at(0);
  const Outcome named = recover({tables});
  CHECK(named.end() == "exit 1");
  CHECK(named.error_lines().size() == 1);
  CHECK(named.err.find("still running") != std::string::npos);
  CHECK(recover({victim.spool.path()}).end() == "exit 0");
  CHECK(victim.output.files().empty());
  CHECK(victim.spool.tables().size() == 1);
  victim.end();
  CHECK(recover({tables}).end() == "exit 0");
  CHECK(victim.output.files().size() == 1);
}

TEST_CASE("two recovers at once make one file of one process") {
  Victim victim("heap");
  victim.end();
  const std::string all = program() + " recover " + victim.spool.path();
  run({{"sh", "-c", all + " & " + all + " & " + all + "; wait"}});
  CHECK(victim.output.files().size() == 1);
  CHECK(victim.spool.files().empty());
}

TEST_CASE("a run that is killed with its tree leaves its files all the same") {
  TemporaryDirectory output, spool, marks;
  const std::string reported = marks / "reported";
  const Outcome ours = run(killed_once_told(
      reported, {program(), "run", "--mode", "cpu", "--spool", spool.path(), "--output",
                 output.path() + "/", "--", target("cpu_shares"), "1", "30", reported}));
  CHECK(ours.end() == "signal 9");
  for (int tries = 0; tries < 1000 && !spool.files().empty(); tries++) usleep(20000);
  const ProfileFile cpu(only(output.profiles("cpu")));
  CHECK(cpu.containing("cpu", "burn_40") > 100000000);  // it has reported 300 ms
  CHECK(spool.files().empty());
}

TEST_CASE("what cannot be recovered is one line that says what and where") {
  TemporaryDirectory output, spool;
  run(profiled({{target("ends"), "sigkill"}}, "heap", output,
               {{"PROFILER_SPOOL", spool.path()}, {"PROFILER_OUTPUT", output / "gone/%p.pb.gz"}}));
  const std::string tables = spool.tables().at(0);
  const Outcome ours = recover({tables});
  CHECK(ours.end() == "exit 1");
  REQUIRE(ours.error_lines().size() == 1);
  CHECK(ours.err.find(tables) != std::string::npos);
  CHECK(ours.err.find("no such directory") != std::string::npos);
  CHECK(spool.tables().size() == 1);
}

TEST_CASE("without an argument all places are looked at, and no other user's tables touched") {
  // A /dev/shm of its own: what else was killed on this machine is not the test's to recover.
  const std::string alone = "mount -t tmpfs none /dev/shm && ";
  if (run({{"unshare", "-m", "sh", "-c", alone + "true"}}).end() != "exit 0") {
    return skip("recover without an argument", "needs a mount namespace");
  }
  TemporaryDirectory output, spool, marks;
  const std::string reported = marks / "reported";
  const std::string profiled_ends =
      "PROFILER_MODE=heap PROFILER_HEAP_RATE=1 PROFILER_OUTPUT=" + output.path() +
      "/ LD_PRELOAD=" + library() + " " + target("ends") + " sigkill; ";
  const std::string words =
      profiled_ends + "export PROFILER_SPOOL=" + spool.path() + "; " + profiled_ends +
      "cp /dev/shm/*.tables /dev/shm/profiler-1-0123456789abcdef.tables; "
      "chown 65534 /dev/shm/profiler-1-*; setsid -w sh -c '" +
      kKillOnceTold + "' " + reported + " " + program() + " run --spool auto --mode cpu --output " +
      output.path() + "/ -- " + target("cpu_shares") + " 1 30 " + reported +
      "; until [ $(ls /dev/shm | wc -l) = 3 ]; do sleep 0.05; done; " + program() +
      " recover; echo $?; ls /dev/shm";
  const Outcome ours = run({{"unshare", "-m", "sh", "-c", alone + words}});
  INFO(ours.err);
  const std::string left = "0\nprofiler-1-0123456789abcdef.tables\n";
  REQUIRE(ours.out.size() > left.size());
  CHECK(ours.out.substr(ours.out.size() - left.size()) == left);
  CHECK(output.profiles("heap").size() == 2);
  CHECK(output.profiles("cpu").size() == 1);
  CHECK(spool.files().empty());
}

TEST_CASE("recover prints the paths that it made, and says when there was nothing") {
  TemporaryDirectory output, spool;
  const Command bare = {{target("ends"), "sigkill"}};
  run(profiled(bare, "heap", output, {{"PROFILER_SPOOL", spool.path()}}));
  // As the shell's profiler-PID-* gives them: the origin beside the tables is no argument of its
  // own.
  std::vector<std::string> arguments;
  for (const std::string& name : spool.files()) arguments.push_back(spool.path() + "/" + name);
  REQUIRE(arguments.size() == 2);
  const Outcome ours = recover(arguments);
  CHECK(ours.end() == "exit 0");
  CHECK(ours.err.empty());
  CHECK(ours.out == only(output.profiles("heap")) + "\n");
  const Outcome again = recover({spool.path()});
  CHECK(again.end() == "exit 0");
  CHECK(again.out.empty());
  CHECK(again.err == "profiler: nothing was left to recover\n");
  CHECK(recover({"--quiet", spool.path()}).err.empty());
}

TEST_CASE("recover --output writes the files of a program whose directory is gone") {
  TemporaryDirectory output, spool, other;
  const std::string gone = output.path() + "/gone";
  std::filesystem::create_directory(gone);
  const Command bare = {{target("ends"), "sigkill"}};
  Command command = profiled(bare, "heap", output, {{"PROFILER_SPOOL", spool.path()}});
  command.environment["PROFILER_OUTPUT"] = gone + "/%e.%m.pb.gz";
  command.environment["PROFILER_HEAP_RATE"] = "1";
  run(command);
  std::filesystem::remove(gone);
  CHECK(recover({spool.path()}).end() == "exit 1");
  REQUIRE(spool.tables().size() == 1);
  const Outcome ours = recover({"--output", other.path(), spool.path()});
  CHECK(ours.end() == "exit 0");
  CHECK(ours.out == other.path() + "/target_ends.heap.pb.gz\n");
  CHECK(ProfileFile(other.path() + "/target_ends.heap.pb.gz").has_function("main"));
  CHECK(spool.files().empty());
}
