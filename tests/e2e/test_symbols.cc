// What is in the file so that no reader needs the program: names, files, lines, inlined
// frames; and what is there when there are no symbols.
#include <sys/stat.h>
#include <unistd.h>

#include <catch2/catch.hpp>
#include <cmath>
#include <regex>

#include "tests/e2e/harness.h"
#include "tests/e2e/profile_file.h"
#include "tests/e2e/sites.h"

using namespace e2e;

namespace {

const Environment kEvery = {{"PROFILER_HEAP_RATE", "1"}};

// The number of the line of tests/targets/inlined.cc that ends in this mark.
int64_t marked_line(const std::string& mark) {
  const std::vector<std::string> lines = lines_of(read_file(source("tests/targets/inlined.cc")));
  for (size_t i = 0; i < lines.size(); i++) {
    if (lines[i].find("// line: " + mark) != std::string::npos) return static_cast<int64_t>(i + 1);
  }
  return 0;
}

bool ends_with(const std::string& text, const std::string& end) {
  return text.size() >= end.size() && text.compare(text.size() - end.size(), end.size(), end) == 0;
}

// The frames of the sample at the block of `inlined`: innermost, middle, grow, main.
void check_inlined(const ProfileFile& profile) {
  int seen = 0;
  for (int i = 0; i < profile.proto().sample_size(); i++) {
    const std::vector<Frame> frames = profile.frames(i);
    if (profile.proto().sample(i).value(0) != 11 || frames.size() < 4) continue;
    seen++;
    INFO(profile.stack_below("alloc_space", frames[0].function));
    CHECK(frames[0].system_name == "_ZN6shapes4AreaIcE9innermostEi");
    // As pprof demangles: without parameters, with or without template arguments.
    CHECK(std::regex_match(frames[0].function, std::regex("shapes::Area(<char>)?::innermost.*")));
    CHECK(frames[0].line == marked_line("innermost"));
    CHECK(frames[1].system_name == "_ZN6shapes4AreaIcE6middleEi");
    CHECK(frames[1].line == marked_line("middle"));
    CHECK(frames[2].system_name == "_ZN6shapes4AreaIcE4growEi");
    CHECK(frames[3].function == "main");
    for (int f = 0; f < 4; f++) CHECK(ends_with(frames[f].file, "tests/targets/inlined.cc"));
    // One location carries the three: two inlined, one real.
    const auto& sample = profile.proto().sample(i);
    for (const auto& location : profile.proto().location()) {
      if (location.id() == sample.location_id(0)) CHECK(location.line_size() == 3);
    }
  }
  CHECK(seen == 1);
}

std::string shell(const std::string& script) {
  return run({{"bash", "-c", script}}).out;
}

}  // namespace

TEST_CASE("inlined frames, files and lines are in the file, innermost first") {
  TemporaryDirectory output;
  same_as_bare({{target("inlined")}}, "heap", output, kEvery);
  const ProfileFile profile(only(output.profiles("heap")));
  check_inlined(profile);
  const auto& mapping = profile.proto().mapping(0);
  CHECK(ends_with(profile.text(mapping.filename()), "target_inlined"));
  CHECK(mapping.has_functions());
  CHECK(mapping.has_filenames());
  CHECK(mapping.has_line_numbers());
  CHECK(mapping.has_inline_frames());
}

TEST_CASE("split debug files are found by .gnu_debuglink") {
  TemporaryDirectory output, directory;
  const std::string copy = directory / "target_inlined";
  shell("objcopy --only-keep-debug " + target("inlined") + " " + copy +
        ".debug && objcopy "
        "--strip-all --add-gnu-debuglink=" +
        copy + ".debug " + target("inlined") + " " + copy);
  REQUIRE(can_execute(copy));
  run(profiled({{copy}}, "heap", output, kEvery));
  check_inlined(ProfileFile(only(output.profiles("heap"))));
}

TEST_CASE("split debug files are found by build id") {
  TemporaryDirectory output;
  const std::string id = shell("readelf -n /usr/bin/python3.11 | awk '/Build ID/ {print $3}'");
  const std::string file = "/usr/lib/debug/.build-id/" + id.substr(0, 2) + "/" +
                           id.substr(2, id.find('\n') - 2) + ".debug";
  struct stat st;
  if (stat(file.c_str(), &st) != 0) return skip("split debug files", "python3.11-dbg is missing");
  same_as_bare({{"python3", "-c", "print(sum(i * i for i in range(5000000)))"}}, "cpu", output);
  const ProfileFile profile(only(output.profiles("cpu")));
  CHECK(profile.containing("cpu", "_PyEval_EvalFrameDefault") > profile.total("cpu") / 2);
  CHECK(profile.containing("cpu", "Py_BytesMain") > profile.total("cpu") * 9 / 10);
}

TEST_CASE("functions of a stripped program are named by where they start, and add up") {
  TemporaryDirectory output;
  const Outcome ours = run(profiled({{target("stripped"), "1", "4"}}, "cpu", output));
  const ProfileFile profile(only(output.profiles("cpu")));
  const std::regex form("target_stripped\\+0x[0-9a-f]+");
  std::vector<double> shares;
  double burnt = 0;
  for (const std::string& function : profile.function_names()) {
    if (!std::regex_match(function, form)) continue;
    const double share = profile.share("cpu", function);
    if (share > 0.04) shares.push_back(share);
    burnt += share;
  }
  std::sort(shares.begin(), shares.end());
  INFO(profile.proto().ShortDebugString().substr(0, 2000));
  CHECK(burnt > 0.95);
  REQUIRE(shares.size() == 4);
  const double n = static_cast<double>(profile.total("samples"));
  for (int i = 0; i < 4; i++) {
    const double truth = 0.1 * (i + 1);
    CHECK(std::abs(shares[i] - truth) < 6 * std::sqrt(truth * (1 - truth) / n) + 0.01);
  }
}

TEST_CASE("stacks reach the first function of the thread") {
  TemporaryDirectory output;
  run(profiled({{target("cpu_shares"), "2", "2"}}, "cpu", output));
  const ProfileFile profile(only(output.profiles("cpu")));
  int64_t whole = 0;
  for (int i = 0; i < profile.proto().sample_size(); i++) {
    const std::vector<Frame> frames = profile.frames(i);
    const std::string& root = frames.back().function;
    if (root == "_start" || root.find("clone") != std::string::npos) {
      whole += profile.proto().sample(i).value(1);
    }
  }
  CHECK(static_cast<double>(whole) > 0.98 * static_cast<double>(profile.total("cpu")));
}

TEST_CASE("no frame of ours and no allocator's entry is in the file") {
  TemporaryDirectory output;
  run(profiled({{target("heap_sites")}}, "cpu,heap", output, kEvery));
  const ProfileFile profile(only(output.profiles("heap")));
  for (const auto& mapping : profile.proto().mapping()) {
    CHECK(profile.text(mapping.filename()).find("libprofiler") == std::string::npos);
  }
  for (const std::string name : {"malloc", "calloc", "realloc", "operator new", "memalign"}) {
    for (const std::string& function : profile.function_names()) {
      if (function.find(name) == 0) CHECK(profile.at_leaf("alloc_space", function) == 0);
    }
  }
}

TEST_CASE("mappings carry the build id of their file, the program first") {
  TemporaryDirectory output;
  run(profiled({{target("heap_sites")}}, "heap", output, kEvery));
  const ProfileFile profile(only(output.profiles("heap")));
  REQUIRE(profile.proto().mapping_size() >= 2);
  CHECK(ends_with(profile.text(profile.proto().mapping(0).filename()), "target_heap_sites"));
  for (const auto& mapping : profile.proto().mapping()) {
    const std::string file = profile.text(mapping.filename());
    if (file.empty() || file[0] != '/') continue;
    INFO(file);
    const std::string expected = shell("readelf -n " + file + " | awk '/Build ID/ {printf $3}'");
    CHECK(profile.text(mapping.build_id()) == expected);
  }
}

TEST_CASE("a program that was executed by a link has the link's name") {
  TemporaryDirectory output;
  const std::string link = output / "server";
  REQUIRE(::symlink(target("heap_sites").c_str(), link.c_str()) == 0);
  run(profiled({{link}}, "heap", output, kEvery));
  const ProfileFile profile(only(output.profiles("heap")));
  CHECK(profile.text(profile.proto().mapping(0).filename()) == link);
}

TEST_CASE("PROFILER_SYMBOLIZE=none leaves addresses, and profiler symbolize adds the names") {
  TemporaryDirectory output;
  Environment more = kEvery;
  more["PROFILER_SYMBOLIZE"] = "none";
  same_as_bare({{target("inlined")}}, "heap", output, more);
  const std::string path = only(output.profiles("heap"));
  {
    const ProfileFile bare(path);
    CHECK_FALSE(bare.has_function("main"));
    CHECK_FALSE(bare.proto().mapping(0).has_functions());
    for (const auto& location : bare.proto().location()) CHECK(location.mapping_id() != 0);
  }
  const Outcome symbolized = run({{program(), "symbolize", path}});
  INFO(symbolized.err);
  CHECK(symbolized.end() == "exit 0");
  check_inlined(ProfileFile(path));
  CHECK(output.files().size() == 1);
}

TEST_CASE("if the program to symbolize is missing, the file stands and one line says how") {
  TemporaryDirectory output, directory;
  const std::string copy = directory / "libprofiler.so";
  write_file(copy, read_file(library()));
  Environment more = kEvery;
  more["LD_PRELOAD"] = copy;
  const Outcome ours = run(profiled({{target("ends"), "exit"}}, "heap", output, more));
  CHECK(ours.end() == "exit 3");
  INFO(ours.err);
  REQUIRE(ours.error_lines().size() == 1);
  CHECK(ours.err.find("symbolize") != std::string::npos);
  const ProfileFile profile(only(output.profiles("heap")));
  CHECK(profile.total("alloc_space") >= 7001);
}

TEST_CASE("symbolizing is invisible: no child to wait for, no SIGCHLD") {
  TemporaryDirectory output;
  const std::string script =
      "import os, signal\n"
      "signal.signal(signal.SIGCHLD, lambda *a: print('SIGCHLD', flush=True))\n"
      "def last():\n"
      "  try: print(os.waitpid(-1, os.WNOHANG))\n"
      "  except ChildProcessError: print('no child')\n"
      "import atexit; atexit.register(last)\n";
  const Outcome ours = same_as_bare({{"python3", "-c", script}}, "heap", output);
  CHECK(ours.out == "no child\n");
}

// postgres stops its processes by a signal to their group: the profiles of those that had ended
// just before stayed without names.
TEST_CASE("signals to the host's process group leave the symbolizer alone") {
  TemporaryDirectory output;
  const Environment more = {{"PROFILER_HEAP_RATE", "1"}, {"PROFILER_CHILDREN", "0"}};
  const Outcome ours = run(profiled({{target("group_gets_signals")}}, "heap", output, more));
  CHECK(ours.end() == "exit 0");
  CHECK(ours.err == "");
  const ProfileFile profile(only(output.profiles("heap")));
  CHECK(profile.at_leaf("alloc_space", "site_of_group") == 5003);
}

TEST_CASE("a program whose unwind rules are in .debug_frame alone has whole stacks") {
  TemporaryDirectory output;
  run(profiled({{target("without_eh_frame"), "1", "1"}}, "cpu", output,
               {{"PROFILER_CPU_HZ", "1000"}}));
  const ProfileFile profile(only(output.profiles("cpu")));
  const auto total = static_cast<double>(profile.total("cpu"));
  for (const std::string name : {"work", "main", "__libc_start_call_main"}) {
    INFO(name);
    CHECK(static_cast<double>(profile.containing("cpu", name)) > 0.97 * total);
  }
}
