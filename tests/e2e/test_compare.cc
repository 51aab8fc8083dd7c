// profiler top, diff and compare, as a CI job uses them.
#include <catch2/catch.hpp>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <nlohmann/json.hpp>
#include <sstream>

#include "tests/e2e/harness.h"
#include "tests/e2e/profile_file.h"

using namespace e2e;
using nlohmann::json;

namespace {

const std::vector<std::string> kExact = {"--mode", "heap", "--run-option=--heap-rate=1"};

std::string content_of(const std::string& path) {
  std::ifstream file(path);
  std::ostringstream text;
  text << file.rdbuf();
  return text.str();
}

Outcome profiler(std::vector<std::string> arguments, const TemporaryDirectory& where,
                 const Environment& environment = {}) {
  arguments.insert(arguments.begin(), program());
  Command command{arguments, environment};
  command.directory = where.path();
  return run(command);
}

// compare --runs 2 of the target with so many blocks, at rate 1.
Outcome compared(const TemporaryDirectory& where, const std::string& base, const std::string& fresh,
                 const std::vector<std::string>& options, const Environment& environment = {}) {
  std::vector<std::string> all = {"compare", "--runs", "2", "--output", "turns"};
  all.insert(all.end(), kExact.begin(), kExact.end());
  all.insert(all.end(), options.begin(), options.end());
  for (const std::string& count : {base, fresh}) {
    all.insert(all.end(), {"--", target("builds_index"), count});
  }
  return profiler(all, where, environment);
}

int line_of(const std::string& file, const std::string& text) {
  std::ifstream source(file);
  int number = 0;
  for (std::string line; std::getline(source, line);) {
    number++;
    if (line.find(text) != std::string::npos) return number;
  }
  return 0;
}

std::string heap_of(const TemporaryDirectory& output, const std::string& count) {
  run(profiled({{target("builds_index"), count}}, "heap", output, {{"PROFILER_HEAP_RATE", "1"}}));
  return output.profiles("heap").back();
}

}  // namespace

TEST_CASE("a program beside itself passes a gate that allows nothing more") {
  TemporaryDirectory where;
  const Outcome ours = compared(where, "1000", "1000", {"--fail-on", "alloc_objects > +0%"});
  CHECK(ours.end() == "exit 0");
  CHECK_THAT(ours.out, Catch::Contains("passed: alloc_objects > +0%"));
  CHECK_THAT(ours.out, Catch::Contains("profiles: turns"));
  CHECK(ours.err.empty());
}

TEST_CASE("one allocation of a thousand more fails, with function, file and line in every form") {
  TemporaryDirectory where;
  const Outcome ours = compared(where, "1000", "1001",
                                {"--fail-on", "alloc_objects > +0%", "--junit", "junit.xml",
                                 "--annotations", "github", "--markdown", "summary.md"});
  CHECK(ours.end() == "exit 1");
  const std::string source_file = source("tests/targets/builds_index.c");
  const std::string place = ":" + std::to_string(line_of(source_file, "kept = malloc((size_t)"));
  REQUIRE(ours.error_lines().size() == 1);
  CHECK_THAT(ours.err, Catch::Contains("1,101 to 1,102"));
  CHECK_THAT(ours.err, Catch::Contains("add_entry (") && Catch::Contains("builds_index.c" + place));
  CHECK_THAT(ours.out,
             Catch::Contains("::error title=") && Catch::Contains("builds_index.c,line="));
  CHECK_THAT(content_of(where / "junit.xml"), Catch::Contains("failures=\"1\""));
  CHECK_THAT(content_of(where / "summary.md"), Catch::Contains("failed: alloc\\_objects"));
}

TEST_CASE("a job's summary is found by itself, and GitLab's report has the line") {
  TemporaryDirectory where;
  const Outcome ours =
      compared(where, "10", "20", {"--fail-on", "alloc_objects > +0%", "--annotations", "gitlab"},
               {{"GITHUB_STEP_SUMMARY", where / "step.md"}, {"CI_PROJECT_DIR", source("")}});
  CHECK(ours.end() == "exit 1");
  CHECK_THAT(content_of(where / "step.md"), Catch::Contains("Comparison of profiles"));
  const json report = json::parse(content_of(where / "gl-code-quality-report.json"));
  REQUIRE(report.size() == 1);
  CHECK(report[0]["location"]["path"] == "tests/targets/builds_index.c");
  CHECK(report[0]["location"]["lines"]["begin"] > 1);
}

TEST_CASE("a command that fails ends compare with 125, without a verdict") {
  TemporaryDirectory where;
  const Outcome ours = profiler(
      {"compare", "--runs", "2", "--", "true", "--", "sh", "-c", "echo it broke >&2; exit 3"},
      where);
  CHECK(ours.end() == "exit 125");
  CHECK_THAT(ours.err, Catch::Contains("ended with status 3") && Catch::Contains("it broke"));
  CHECK(ours.out.empty());
}

TEST_CASE("commands with -- of their own are given to a shell") {
  TemporaryDirectory where;
  const Outcome ours =
      profiler({"compare", "--runs", "1", "--mode", "heap", "--base",
                target("builds_index") + " 10", "--new", target("builds_index") + " 10", "--json"},
               where);
  CHECK(ours.end() == "exit 0");
  CHECK(json::parse(ours.out)["method"] == "sampling error");
}

TEST_CASE("inputs that cannot be compared get one line and status 2") {
  TemporaryDirectory where, heap, cpu;
  const std::string good = heap_of(heap, "10");
  run(profiled({{target("builds_index"), "10"}}, "cpu,trace", cpu));
  const std::string other = only(cpu.profiles("cpu"));
  std::ofstream(where / "cut.pb.gz") << content_of(good).substr(0, 200);
  std::filesystem::create_directory(where / "empty");
  const std::vector<std::vector<std::string>> cases = {
      {good, other},
      {good, where / "cut.pb.gz"},
      {good, where / "empty"},
      {good, where / "missing"},
      {good},
      {good, source("README.md")},
      {"--fail-on", "alloc_objects > 5", good, good},
      {"--fail-on", "cpu > +5%", good, good},
      {"--annotations", "jenkins", good, good}};
  for (std::vector<std::string> arguments : cases) {
    arguments.insert(arguments.begin(), "diff");
    const Outcome ours = profiler(arguments, where);
    INFO(arguments.back() << " " << arguments[1] << ": " << ours.err);
    CHECK(ours.end() == "exit 2");
    CHECK(ours.error_lines().size() == 1);
  }
}

TEST_CASE("a descriptor that the new program leaves open is found at one run a side") {
  TemporaryDirectory where;
  const auto opens = [&](const std::string& name, const std::string& words) {
    run(profiled({{"sh", "-c", words}}, "fd", where, {{"PROFILER_OUTPUT", where / name}}));
  };
  opens("base.pb.gz", "exec 7< /etc/passwd");
  opens("new.pb.gz", "exec 7< /etc/passwd; exec 8< /etc/passwd");
  const std::vector<std::string> same = {"diff", "--fail-on", "fd > +0%", "base.pb.gz",
                                         "base.pb.gz"};
  CHECK(profiler(same, where).end() == "exit 0");
  const Outcome more =
      profiler({"diff", "--fail-on", "fd > +0%", "base.pb.gz", "new.pb.gz"}, where);
  CHECK(more.end() == "exit 1");
  CHECK_THAT(more.err, Catch::Contains("failed: fd > +0%"));
}

// It compared the bare program with itself, and found that the profiler costs nothing.
TEST_CASE("a command that cannot be profiled has no cost and no comparison") {
  TemporaryDirectory where;
  const Outcome bare = profiler(
      {"compare", "--bare", "--runs", "6", "--", target("launches_static"), "0", "none"}, where);
  CHECK(bare.end() == "exit 125");
  CHECK_THAT(bare.err, Catch::Contains("run 1 of new wrote no profile"));
}

// The files of what still ran were those that the next runs gave it time for.
TEST_CASE("a run of which a part goes on ends a comparison") {
  TemporaryDirectory where;
  const Outcome ours = profiler({"compare", "--runs", "1", "--mode", "fd", "--", "true", "--", "sh",
                                 "-c", "sleep 2 & exit 0"},
                                where);
  CHECK(ours.end() == "exit 125");
  CHECK_THAT(ours.err, Catch::Contains("run 1 of new ended with status 125"));
}

TEST_CASE("options of compare that would do nothing are refused before anything runs") {
  TemporaryDirectory where;
  for (const std::vector<std::string>& arguments : std::vector<std::vector<std::string>>{
           {"--base", "true", "--new", "touch ran", "--", "true", "--", "true"},
           {"--base", "true"},
           {"--bare", "--new", "touch ran"},
           {"--bare", "-o", "page.html", "--", "touch", "ran"},
           {"-o", "-", "--", "true", "--", "touch", "ran"},
           {"-o", "/none/page.html", "--", "true", "--", "touch", "ran"},
           {"--json", "--annotations", "github", "--", "true", "--", "touch", "ran"}}) {
    std::vector<std::string> all = {"compare", "--runs", "1"};
    all.insert(all.end(), arguments.begin(), arguments.end());
    const Outcome ours = profiler(all, where);
    INFO(arguments[0] << " " << arguments[1] << ": " << ours.err);
    CHECK(ours.end() == "exit 2");
    CHECK(ours.error_lines().size() == 1);
    CHECK(!std::filesystem::exists(where / "ran"));
  }
}

TEST_CASE(
    "sides of different modes have nothing in common; of types the common ones are compared") {
  TemporaryDirectory where;
  run(profiled({{target("builds_index"), "10"}}, "cpu,heap", where));
  std::filesystem::create_directory(where / "empty");
  const std::string cpu = where.profiles("cpu").at(0), heap = where.profiles("heap").at(0);
  for (const auto& [side, said] : std::map<std::string, std::string>{
           {heap, "no sample type in common"}, {where / "empty", "there is no profile"}}) {
    const Outcome ours = profiler({"diff", cpu, side}, where);
    CHECK(ours.end() == "exit 2");
    CHECK(ours.error_lines().size() == 1);
    CHECK_THAT(ours.err, Catch::Contains(said));
  }
  std::filesystem::create_directory(where / "both");
  std::filesystem::copy(cpu, where / "both/a.cpu.pb.gz");
  std::filesystem::copy(heap, where / "both/a.heap.pb.gz");
  const Outcome part = profiler({"diff", cpu, "both"}, where);
  CHECK(part.end() == "exit 0");
  CHECK_THAT(part.out, Catch::Contains("heap.alloc_space: only the new side has it"));
}
