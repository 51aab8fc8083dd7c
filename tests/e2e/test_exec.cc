// Programs that become other programs, and the trees that compilers are.
#include <catch2/catch.hpp>
#include <filesystem>

#include "tests/e2e/harness.h"
#include "tests/e2e/profile_file.h"

using namespace e2e;

namespace {

std::vector<std::string> of_program(const std::vector<std::string>& paths,
                                    const std::string& name) {
  std::vector<std::string> result;
  for (const std::string& path : paths) {
    if (path.find("/" + name + ".") != std::string::npos) result.push_back(path);
  }
  return result;
}

}  // namespace

TEST_CASE("two images of one process under one fixed name keep both files") {
  TemporaryDirectory directory;
  // The kernel tells a process's birth to 10 ms: an image that lives shorter may lose its file.
  const Command command{{"bash", "-c", "read -t 0.05 <> <(:); exec " + target("idle")}};
  const Environment more = {{"PROFILER_OUTPUT", directory / "fixed.pb.gz"},
                            {"PROFILER_CHILDREN", "0"}};
  for (int times = 0; times < 2; times++) {  // the second time replaces what the first left
    run(profiled(command, "heap", directory, more));
    CHECK(directory.files() == std::vector<std::string>{"fixed-2.pb.gz", "fixed.pb.gz"});
  }
}

TEST_CASE("a compiler driver's children are followed, and the object file is the same") {
  TemporaryDirectory output, work;
  const auto compile = [&](const std::string& object) {
    return Command{{"g++", "-std=c++20", "-O2", "-c", source("tests/targets/templates.cc"), "-o",
                    work / object}};
  };
  const Outcome bare = run(compile("bare.o"));
  const Outcome ours = run(profiled(compile("ours.o"), "cpu,heap", output));
  CHECK(ours.end() == "exit 0");
  CHECK(ours.out == bare.out);
  CHECK(ours.err == bare.err);
  CHECK(read_file(work / "ours.o") == read_file(work / "bare.o"));
  for (const std::string& name : output.files()) check_rules(output / name);
  const ProfileFile cpu(only(of_program(output.profiles("cpu"), "cc1plus")));
  const ProfileFile heap(only(of_program(output.profiles("heap"), "cc1plus")));
  figure("cc1plus: %.2f s of CPU, %.0f MiB allocated; bare %.2f s, profiled %.2f s",
         static_cast<double>(cpu.total("cpu")) / 1e9,
         static_cast<double>(heap.total("alloc_space")) / 1048576, bare.seconds, ours.seconds);
  CHECK(cpu.total("samples") > 50);
  CHECK(heap.total("alloc_space") > 50 << 20);
  CHECK(cpu.named_share("cpu") > 0.95);
  CHECK(heap.named_share("alloc_space") > 0.95);
}

TEST_CASE("of 100 programs that burn and then exec, the timer kills none") {
  TemporaryDirectory output;
  const std::string script =
      "for i in {1..100}; do " + target("exec_after_burn") + " true || echo killed $?; done";
  Command command = profiled({{"bash", "-c", script}}, "cpu", output,
                             {{"PROFILER_SYMBOLIZE", "none"}, {"PROFILER_CPU_HZ", "1000"}});
  command.limit_s = 120;
  const Outcome ours = run(command);
  CHECK(ours.end() == "exit 0");
  CHECK(ours.out.empty());
  CHECK(ours.err.empty());
}

TEST_CASE("the program before an exec and the one after it have a file each") {
  TemporaryDirectory output;
  same_as_bare({{target("exec_after_burn"), target("ends"), "exit"}}, "cpu,heap", output,
               {{"PROFILER_HEAP_RATE", "1"}});
  const ProfileFile before(only(of_program(output.profiles("cpu"), "target_exec_after_burn")));
  const ProfileFile after(only(of_program(output.profiles("heap"), "target_ends")));
  CHECK(before.containing("cpu", "burn_before_exec") >= 10000000);
  CHECK(after.at_leaf("alloc_space", "site_of_ends") == 7001);
}

TEST_CASE("an exec that fails changes nothing: one file, and recording goes on") {
  TemporaryDirectory output;
  same_as_bare({{target("exec_after_burn"), "/does/not/exist"}}, "cpu", output);
  const ProfileFile profile(only(output.profiles("cpu")));
  CHECK(profile.containing("cpu", "burn_before_exec") >= 10000000);
}

TEST_CASE("PROFILER_CHILDREN=0 profiles the first process alone") {
  TemporaryDirectory output;
  const Outcome ours = run(profiled({{"bash", "-c", "ls / >/dev/null; /bin/true; (echo sub)"}},
                                    "heap", output, {{"PROFILER_CHILDREN", "0"}}));
  CHECK(ours.out == "sub\n");
  CHECK(output.files().size() == 1);
  CHECK(of_program(output.profiles("heap"), "bash").size() == 1);
}

TEST_CASE("posix_spawn, system and popen work, and the parent is sampled on") {
  TemporaryDirectory output;
  const std::string script =
      "import os, subprocess\n"
      "for i in range(30): subprocess.run(['/bin/true'], check=True)\n"
      "print(os.system('exit 3') >> 8, os.popen('echo hi').read().strip(), flush=True)\n"
      "kept = [str(i) * 100 for i in range(200000)]\n"
      "print(len(kept))\n";
  same_as_bare({{"python3", "-c", script}}, "cpu,heap,fd", output,
               {{"PROFILER_SYMBOLIZE", "none"}});
  const std::vector<std::string> own = of_program(output.profiles("heap"), "python3");
  int64_t most = 0;
  for (const std::string& path : own) {
    most = std::max(most, ProfileFile(path).total("alloc_space"));
  }
  CHECK(most > 50 << 20);
}

TEST_CASE("an exec leaves no tables behind that a next program does not remove") {
  TemporaryDirectory output, spool;
  const Environment environment = {{"PROFILER_SPOOL", spool.path()},
                                   {"PROFILER_SYMBOLIZE", "none"}};
  const std::string words = "for i in 1 2 3 4 5 6 7 8; do " + target("idle") + "; done";
  CHECK(run(profiled({{"sh", "-c", words}}, "heap", output, environment)).end() ==
        run({{target("idle")}}).end());
  CHECK(spool.files().empty());
  // The next image has no profiler.
  run(profiled({{"sh", "-c", "exec env -u LD_PRELOAD env"}}, "heap", output, environment));
  CHECK(spool.tables().size() == 1);
  CHECK(run({{program(), "recover", spool.path()}}).end() == "exit 0");
  CHECK(spool.files().empty());
  CHECK(output.files().size() == 11);  // sh and 8, sh and env: recover has added none
}

TEST_CASE("after an exec that failed the tables are as good as before") {
  if (!can_execute("/usr/bin/python3"))
    return skip("an exec that fails, then a kill", "no python3");
  TemporaryDirectory output, spool, directory;
  const std::string no_program = directory / "no_program";
  write_file(no_program, "neither ELF nor a script\n");
  std::filesystem::permissions(no_program, std::filesystem::perms::owner_all);
  const std::string words =
      "import os\ntry: os.execv('" + no_program +
      "', ['x'])\nexcept OSError as e: print(e.errno, flush=True)\nos.kill(os.getpid(), 9)\n";
  const Outcome ours = run(profiled({{"/usr/bin/python3", "-c", words}}, "heap", output,
                                    {{"PROFILER_SPOOL", spool.path()}}));
  CHECK(ours.end() == "signal 9");
  CHECK(ours.out == "8\n");
  CHECK(output.files().empty());
  // A next start does not take them for old.
  run(profiled({{target("idle")}}, "heap", output, {{"PROFILER_SPOOL", spool.path()}}));
  REQUIRE(spool.tables().size() == 1);
  CHECK(run({{program(), "recover", spool.path()}}).end() == "exit 0");
  CHECK(output.profiles("heap").size() == 2);
}
