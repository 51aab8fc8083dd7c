// Trees of processes under `profiler run`: some are killed, some outlive it, some are left out.
#include <signal.h>
#include <sys/stat.h>
#include <unistd.h>

#include <catch2/catch.hpp>
#include <filesystem>

#include "tests/e2e/harness.h"
#include "tests/e2e/profile_file.h"

using namespace e2e;

namespace {

Outcome run_shell(const TemporaryDirectory& output, const TemporaryDirectory& spool,
                  const std::string& words, const std::vector<std::string>& options = {},
                  const Environment& more = {}) {
  Command command = {{program(), "run", "--spool", spool.path(), "--output", output.path() + "/"},
                     more};
  command.arguments.insert(command.arguments.end(), options.begin(), options.end());
  for (const std::string word : {"--", "sh", "-c"}) command.arguments.push_back(word);
  command.arguments.push_back(words);
  return run(command);
}

}  // namespace

TEST_CASE("the killed ones of a tree are recovered, the others write for themselves") {
  TemporaryDirectory output, spool;
  const std::string ends = target("ends");
  const Outcome ours =
      run_shell(output, spool, ends + " sigkill; " + ends + " exit; " + ends + " abort; exit 5",
                {"--mode", "heap", "--heap-rate", "1"});
  CHECK(ours.end() == "exit 5");
  int recovered = 0, whole = 0;
  for (const std::string& path : output.profiles("heap")) {
    const ProfileFile heap(path);
    if (!heap.has_function("site_of_ends")) continue;
    (heap.all_comments().find("\nrecovered: ") != std::string::npos ? recovered : whole)++;
  }
  CHECK(recovered == 2);
  CHECK(whole == 1);
  CHECK(output.files().size() == 4);
  CHECK(spool.files().empty());
}

TEST_CASE(
    "a relative output is relative to run's directory, whatever directory a program starts in") {
  TemporaryDirectory directory;
  const std::string words = "mkdir sub; cd sub; " + target("ends") + " exit; exit 0";
  Command command = {
      {program(), "run", "--mode", "heap", "--output", "out/", "--", "sh", "-c", words}};
  command.directory = directory.path();
  CHECK(run(command).end() == "exit 0");
  CHECK(run({{"find", directory.path(), "-name", "out"}}).out == directory / "out\n");
  // The shell's, mkdir's and the program's.
  CHECK(lines_of(run({{"find", directory / "out", "-name", "*.pb.gz"}}).out).size() == 3);
  command.arguments[4] = "--only";
  command.arguments[5] = "target_ends";
  CHECK(run(command).end() == "exit 0");
  CHECK(lines_of(run({{"find", directory.path(), "-maxdepth", "1", "-name", "*.pb.gz"}}).out)
            .size() == 1);
}

// There were two lines for each process, hundreds under a shell script.
TEST_CASE("a tree whose output directory is missing has three lines, and recover makes its files") {
  TemporaryDirectory output, spool;
  const std::string gone = output / "gone";
  const Outcome ours =
      run({{program(), "run", "--spool", spool.path(), "--output", gone + "/%e.%p.%m.pb.gz", "--",
            "sh", "-c", "for i in 1 2 3 4 5; do /bin/ls / > /dev/null; done; exit 0"}});
  CHECK(ours.end() == "exit 0");
  REQUIRE(ours.error_lines().size() == 3);
  const std::string last = ours.error_lines()[2];
  CHECK_THAT(last, Catch::Contains("6 processes left without a profile"));
  std::filesystem::create_directory(gone);
  const std::string directory = last.substr(last.rfind(' ') + 1);
  CHECK(run({{program(), "recover", directory}}).end() == "exit 0");
  CHECK(lines_of(run({{"ls", gone}}).out).size() == 6);
}

TEST_CASE("a process that outlives run is reported, and names its own file at its end") {
  TemporaryDirectory output, spool, marks;
  const std::string reported = marks / "reported", until = marks / "until";
  const std::string words = target("cpu_shares") + " 1 30 " + reported + " " + until +
                            " >/dev/null 2>&1 </dev/null & read reported <" + reported;
  REQUIRE(run({{"mkfifo", reported}}).end() == "exit 0");
  const Outcome ours = run_shell(output, spool, words, {"--mode", "cpu", "--quiet"});
  write_file(until, "");
  REQUIRE(ours.error_lines().size() == 1);
  CHECK(ours.err.find("1 process is still running") != std::string::npos);
  for (int tries = 0; tries < 1000 && !spool.files().empty(); tries++) usleep(20000);
  CHECK(spool.files().empty());
  std::string late;
  for (int tries = 0; tries < 1000; tries++, usleep(20000)) {
    for (const std::string& path : output.profiles("cpu")) {
      if (path.find("cpu_shares") != std::string::npos) late = path;
    }
    if (!late.empty() && ProfileFile(late).has_function("burn_40")) break;
  }
  REQUIRE_FALSE(late.empty());
  CHECK(ProfileFile(late).has_function("burn_40"));
}

TEST_CASE("a signal to run alone ends the command, which is recovered") {
  TemporaryDirectory output, spool;
  const Outcome ours =
      run({{"timeout", "--foreground", "1.2", program(), "run", "--mode", "cpu", "--spool",
            spool.path(), "--output", output.path() + "/", "--", target("cpu_shares"), "1", "30"}});
  CHECK(ours.end() == "exit 124");
  const ProfileFile cpu(only(output.profiles("cpu")));
  CHECK(cpu.has_function("burn_40"));
  CHECK(cpu.total("cpu") > 100000000);
  CHECK(spool.files().empty());
}

TEST_CASE("--merge makes one file a mode of a tree, each sample with its process") {
  TemporaryDirectory output, spool;
  const std::string shares = target("cpu_shares");
  const Outcome ours = run_shell(
      output, spool,
      shares + " 1 0.4 >/dev/null; " + shares + " 2 0.3 >/dev/null; " + target("ends") + " sigkill",
      {"--merge", "--mode", "cpu,heap", "--heap-rate", "1", "--file-mode", "640"});
  INFO(ours.err);
  CHECK(ours.end() == "exit 137");
  CHECK(output.files().size() == 2);
  const std::string path = only(output.profiles("cpu"));
  CHECK(path.find("/sh.") != std::string::npos);
  struct stat status {};
  CHECK((stat(path.c_str(), &status) == 0 && (status.st_mode & 07777) == 0640));
  const ProfileFile cpu(path);
  std::map<std::string, int64_t> of_program;
  std::map<int64_t, int64_t> of_pid;
  for (const auto& sample : cpu.proto().sample()) {
    of_program[cpu.string_label(sample, "program")] += sample.value(1);
    for (const auto& label : sample.label()) {
      if (cpu.text(label.key()) == "pid") of_pid[label.num()] += sample.value(1);
    }
  }
  CHECK(of_program.at("target_cpu_shares") == Approx(700e6).epsilon(0.25));
  CHECK(of_pid.size() >= 2);
  CHECK(cpu.all_comments().find(": recovered: ") != std::string::npos);
  const ProfileFile heap(only(output.profiles("heap")));
  CHECK(heap.containing("alloc_objects", "site_of_ends") == 1);
  CHECK(heap.default_sample_type() == "inuse_space");
  if (!can_execute("/usr/bin/go") && !can_execute("/usr/local/go/bin/go")) {
    return skip("merged files in go tool pprof", "no go");
  }
  Command command = {{"go", "tool", "pprof", "-tags", path}};
  command.environment["PATH"] = "/usr/local/go/bin:/usr/local/bin:/usr/bin:/bin";
  const Outcome tags = run(command);
  CHECK(tags.end() == "exit 0");
  CHECK(tags.out.find("program: Total") != std::string::npos);
  CHECK(tags.out.find("pid: Total") != std::string::npos);
}

TEST_CASE(
    "PROFILER_ONLY profiles the programs of these names alone, whichever process starts them") {
  TemporaryDirectory output, spool;
  const std::string words = target("ends") + " exit; " + target("idle") + "; exit 0";
  const Outcome ours =
      run_shell(output, spool, words, {"--only", "*_end[r-t], absent", "--mode", "heap"});
  CHECK(ours.end() == "exit 0");
  CHECK(output.files().size() == 1);
  CHECK(only(output.profiles("heap")).find("/target_ends.") != std::string::npos);
  CHECK(spool.files().empty());
}

TEST_CASE("a program that is left out hands the environment on and has nothing of ours") {
  TemporaryDirectory output;
  const Outcome ours = run(profiled({{"sh", "-c", "env; grep -c profiler- /proc/self/maps"}},
                                    "heap", output, {{"PROFILER_ONLY", "absent"}}));
  CHECK(ours.out.find("PROFILER_ONLY=absent\n") != std::string::npos);
  CHECK(ours.out.find("LD_PRELOAD=") != std::string::npos);
  CHECK(ours.out.substr(ours.out.size() - 2) == "0\n");
  CHECK(ours.err.empty());
  CHECK(output.files().empty());
}
