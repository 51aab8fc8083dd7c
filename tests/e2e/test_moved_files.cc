// Names of programs and plugins that are removed, replaced or renamed while they run, or that were
// started by another name than their file's.
#include <sys/stat.h>
#include <unistd.h>

#include <catch2/catch.hpp>
#include <filesystem>

#include "tests/e2e/harness.h"
#include "tests/e2e/profile_file.h"

using namespace e2e;

namespace {

const Environment kEvery = {{"PROFILER_HEAP_RATE", "1"}};

void shell(const std::string& script) {
  const Outcome outcome = run({{"bash", "-c", script}});
  INFO(script << "\n" << outcome.err);
  REQUIRE(outcome.end() == "exit 0");
}

// Copies in a directory of the test's, all with a build id or all without.
struct Files {
  explicit Files(bool has_build_id = true) {
    const std::string without = has_build_id ? "" : " --remove-section .note.gnu.build-id";
    shell("objcopy" + without + " " + target("moves_files") + " " + program + " && objcopy" +
          without + " " + target("moved_plugin") + ".so " + plugin + " && objcopy" + without + " " +
          target("heap_sites") + " " + other);
  }
  TemporaryDirectory directory;
  const std::string program = directory / "program", plugin = directory / "plugin.so";
  const std::string other = directory / "other";
};

Outcome run_it(const TemporaryDirectory& output, std::vector<std::string> arguments) {
  Outcome outcome = run(profiled({std::move(arguments)}, "heap", output, kEvery));
  INFO(outcome.err);
  CHECK(outcome.end() == "exit 0");
  return outcome;
}

bool says(const ProfileFile& profile, const std::string& words) {
  return profile.all_comments().find(words) != std::string::npos;
}

void check_program(const TemporaryDirectory& output, const std::string& comment) {
  const ProfileFile profile(only(output.profiles("heap")));
  INFO(profile.all_comments());
  CHECK(profile.at_leaf("alloc_space", "site_of_program") == 7013);
  CHECK(profile.containing("alloc_space", "main") >= 7013);
  if (!comment.empty()) CHECK(says(profile, comment));
}

}  // namespace

TEST_CASE("a program that is removed, replaced or renamed while it runs keeps its names") {
  for (const bool has_build_id : {true, false}) {
    INFO("build id: " << has_build_id);
    {
      const Files files(has_build_id);
      const TemporaryDirectory output;
      run_it(output, {files.program, "remove", files.program});
      check_program(output, "# names of " + files.program +
                                ": the file was removed or replaced while it ran");
    }
    {
      const Files files(has_build_id);
      const TemporaryDirectory output;
      run_it(output, {files.program, "rename", files.other, files.program});
      check_program(output, "removed or replaced");
    }
    {
      const Files files(has_build_id);
      const TemporaryDirectory output;
      run_it(output, {files.program, "rename", files.program, files.directory / "old"});
      check_program(output, "");
    }
  }
}

TEST_CASE("a plugin that is removed, replaced or renamed while it runs keeps its names") {
  for (const bool has_build_id : {true, false}) {
    INFO("build id: " << has_build_id);
    const Files files(has_build_id);
    const std::vector<std::vector<std::string>> orders = {
        {"rename", files.plugin, files.directory / "old.so"},
        {"rename", files.other, files.plugin},
        {"remove", files.plugin},
    };
    for (const auto& order : orders) {
      if (access(files.plugin.c_str(), F_OK) != 0)
        std::filesystem::copy(files.directory / "old.so", files.plugin);
      const TemporaryDirectory output;
      std::vector<std::string> arguments = {files.program, "plugin", files.plugin};
      arguments.insert(arguments.end(), order.begin(), order.end());
      run_it(output, arguments);
      const ProfileFile profile(only(output.profiles("heap")));
      INFO(order[0] << "\n" << profile.all_comments());
      CHECK(profile.at_leaf("alloc_space", "site_of_plugin") == 7019);
      CHECK(says(profile, "names of " + files.plugin + ": the file "));
      if (order[1] == files.other)
        std::filesystem::copy(target("moved_plugin") + ".so", files.plugin,
                              std::filesystem::copy_options::overwrite_existing);
    }
  }
}

TEST_CASE("a plugin that is unloaded and removed gets one line and a comment, and no name") {
  const Files files;
  const TemporaryDirectory output;
  const Outcome ours =
      run_it(output, {files.program, "plugin", files.plugin, "close", "remove", files.plugin});
  REQUIRE(ours.error_lines().size() == 1);
  CHECK(ours.err.find(files.plugin + ": No such file or directory; its addresses stay") !=
        std::string::npos);
  const ProfileFile profile(only(output.profiles("heap")));
  CHECK(profile.at_leaf("alloc_space", "site_of_program") == 7013);
  CHECK(says(profile, "names of " + files.plugin + ": No such file or directory"));
}

TEST_CASE("below profiler run a program that removes itself has its names") {
  const Files files;
  const TemporaryDirectory output;
  const Outcome ours = run({{program(), "run", "--mode", "heap", "--heap-rate", "1", "--output",
                             output.path() + "/", "--", files.program, "remove", files.program}});
  INFO(ours.err);
  CHECK(ours.end() == "exit 0");
  check_program(output, "removed or replaced");
}

TEST_CASE(
    "a program that executes itself by /proc or by a descriptor keeps its file and its name") {
  const Files files;
  for (const std::string way : {"/proc/self/exe", "copy"}) {
    INFO(way);
    const TemporaryDirectory output;
    const bool is_copy = way == "copy";
    run_it(output, is_copy ? std::vector<std::string>{files.program, "copy"}
                           : std::vector<std::string>{files.program, "become", way});
    std::vector<std::string> names;
    for (const std::string& file : output.files()) {
      const std::string path = output / file;
      const ProfileFile profile(path);
      INFO(path << "\n" << profile.all_comments());
      CHECK(profile.at_leaf("alloc_space", "site_of_program") == 7013);
      names.push_back(profile.text(profile.proto().mapping(0).filename()));
    }
    std::sort(names.begin(), names.end());
    CHECK(names ==
          std::vector<std::string>{is_copy ? "/memfd:a copy" : files.program, files.program});
  }
}

TEST_CASE("a program that the loader is asked to start has its file, its name and its names") {
  const Files files;
  const std::string loader = "/lib64/ld-linux-x86-64.so.2";
  const std::vector<std::vector<std::string>> starts = {
      {loader}, {loader, "--argv0", "another"}, {loader, "--preload", files.plugin}};
  for (const auto& start : starts) {
    const TemporaryDirectory output;
    std::vector<std::string> arguments = {program(),     "run", "--mode",   "heap",
                                          "--heap-rate", "1",   "--output", output.path() + "/",
                                          "--"};
    arguments.insert(arguments.end(), start.begin(), start.end());
    arguments.push_back(files.program);
    const Outcome ours = run({arguments});
    INFO(ours.err);
    CHECK(ours.err.find("static") == std::string::npos);
    const std::string path = only(output.profiles("heap"));
    const ProfileFile profile(path);
    CHECK(profile.at_leaf("alloc_space", "site_of_program") == 7013);
    CHECK(profile.text(profile.proto().mapping(0).filename()) == files.program);
    CHECK(path.find("/program.") != std::string::npos);
  }
}

TEST_CASE(
    "a path that is not UTF-8, or is marked as the kernel marks removed files, leads to names") {
  for (const std::string name : {"caf\xe9", "new\nline (deleted) file"}) {
    const Files files;
    const std::string path = files.directory / name;
    REQUIRE(rename(files.program.c_str(), path.c_str()) == 0);
    const TemporaryDirectory output;
    Environment more = kEvery;
    more["PROFILER_SYMBOLIZE"] = "none";  // the process has ended when names are looked up
    more["PROFILER_OUTPUT"] = output / "%p.%m.pb.gz";
    run(profiled({{path}}, "heap", output, more));
    const std::string file = only(output.profiles("heap"));
    const Outcome symbolized = run({{program(), "symbolize", file}});
    INFO(symbolized.err);
    CHECK(symbolized.end() == "exit 0");
    CHECK(ProfileFile(file).at_leaf("alloc_space", "site_of_program") == 7013);
  }
}

TEST_CASE("profiler symbolize says which file is missing, and fails if nothing gets a name") {
  const Files files;
  const TemporaryDirectory output;
  Environment more = kEvery;
  more["PROFILER_SYMBOLIZE"] = "none";
  run(profiled({{files.program}}, "heap", output, more));
  const std::string file = only(output.profiles("heap"));
  shell("mkdir -p " + files.directory.path() + "/root" + files.directory.path() + " && mv " +
        files.program + " " + files.directory.path() + "/root" + files.directory.path() +
        "/program");
  const Outcome some = run({{program(), "symbolize", file}});
  CHECK(some.err.find(files.program + ": No such file or directory; its addresses stay\n") !=
        std::string::npos);
  CHECK_FALSE(ProfileFile(file).has_function("site_of_program"));
  const Outcome whole = run({{program(), "symbolize", "--root", files.directory / "root", file}});
  INFO(whole.err);
  CHECK(ProfileFile(file).at_leaf("alloc_space", "site_of_program") == 7013);
  CHECK_FALSE(says(ProfileFile(file), "No such file"));
}
