// profiler run --limit: absolute limits on real programs.
#include <catch2/catch.hpp>
#include <filesystem>
#include <fstream>
#include <sstream>

#include "tests/e2e/harness.h"

using namespace e2e;

namespace {

std::string content_of(const std::string& path) {
  std::ifstream file(path);
  std::ostringstream text;
  text << file.rdbuf();
  return text.str();
}

Outcome limited(const TemporaryDirectory& where, const std::vector<std::string>& options,
                const std::vector<std::string>& command, const Environment& environment = {}) {
  std::vector<std::string> all = {program(), "run", "--quiet", "--output", "profiles/"};
  all.insert(all.end(), options.begin(), options.end());
  all.push_back("--");
  all.insert(all.end(), command.begin(), command.end());
  Command run_it{all, environment};
  run_it.directory = where.path();
  return run(run_it);
}

const std::vector<std::string> kLeaks = {"sh", "-c", "exec 7< /etc/passwd; exec 8< /etc/group"};
const std::vector<std::string> kClean = {"sh", "-c", "exec 7< /etc/passwd; exec 7<&-"};

}  // namespace

TEST_CASE("a descriptor left open fails fd=0, and a program that closes its own passes") {
  TemporaryDirectory where;
  const Outcome leaks = limited(where, {"--limit", "fd=0"}, kLeaks);
  CHECK(leaks.end() == "exit 1");
  REQUIRE(leaks.error_lines().size() == 1);
  CHECK_THAT(leaks.err, Catch::StartsWith("profiler: failed: fd=0: 2, above 0"));
  CHECK(limited(where, {"--limit", "fd=0"}, kClean).end() == "exit 0");
  CHECK(limited(where, {"--limit", "fd=2"}, kLeaks).end() == "exit 0");
}

TEST_CASE("counted allocations are exceeded by one, with function, file and line in all forms") {
  TemporaryDirectory where;
  const std::vector<std::string> command = {target("builds_index"), "1000"};
  const std::vector<std::string> exact = {"--heap-rate", "1", "--limit"};
  const auto with = [&](std::vector<std::string> more) {
    more.insert(more.begin(), exact.begin(), exact.end());
    return limited(where, more, command);
  };
  CHECK(with({"alloc_objects[build_index]=1000"}).end() == "exit 0");
  const Outcome more = with({"alloc_objects[build_index]=999", "--junit", "junit.xml", "--markdown",
                             "limits.md", "--annotations", "github"});
  CHECK(more.end() == "exit 1");
  CHECK_THAT(more.err, Catch::Contains("1,000, above 999; build_index (") &&
                           Catch::Contains("builds_index.c:"));
  CHECK_THAT(more.out, Catch::Contains("::error title=alloc_objects[build_index]=999,file="));
  CHECK_THAT(content_of(where / "junit.xml"), Catch::Contains("<failure message=\"failed: alloc_"));
  CHECK_THAT(content_of(where / "limits.md"), Catch::Contains("| failed | alloc\\_objects"));
}

TEST_CASE("a sampled figure whose interval holds the limit passes") {
  TemporaryDirectory where;
  const std::vector<std::string> command = {target("builds_index"), "5000"};
  // Some 200 KB: mostly no sample, and five of them, which would fail, once in 20,000 runs.
  CHECK(limited(where, {"--limit", "alloc_space=150K"}, command).end() == "exit 0");
  CHECK(limited(where, {"--heap-rate", "1", "--limit", "alloc_space=150K"}, command).end() ==
        "exit 1");
}

TEST_CASE("a tree counts as its sum, one program of it alone with @") {
  TemporaryDirectory where;
  const std::string index = target("builds_index");
  const std::vector<std::string> tree = {"sh", "-c", index + " 300; " + index + " 300"};
  const auto status = [&](const std::string& limit) {
    return limited(where, {"--heap-rate", "1", "--limit", limit}, tree).end();
  };
  CHECK(status("alloc_objects[build_index]=599") == "exit 1");
  CHECK(status("alloc_objects[build_index]=600") == "exit 0");
  CHECK(status("alloc_objects[build_index]@target_builds_index=599") == "exit 1");
  CHECK(status("alloc_objects[build_index]@no_such_program=1") == "exit 125");
  CHECK(limited(where, {"--merge", "--heap-rate", "1", "--limit", "alloc_objects[build_index]=599"},
                tree)
            .end() == "exit 1");
}

TEST_CASE("a command that fails ends as it ended, whatever its figures") {
  TemporaryDirectory where;
  CHECK(limited(where, {"--limit", "fd=0"}, {"sh", "-c", "exec 7< /etc/passwd; exit 3"}).end() ==
        "exit 3");
  CHECK(
      limited(where, {"--limit", "fd=0"}, {"sh", "-c", "exec 7< /etc/passwd; kill -9 $$"}).end() ==
      "signal 9");
}

TEST_CASE("without modes those that the limits need are recorded, and others are refused at once") {
  TemporaryDirectory where;
  CHECK(limited(where, {"--limit", "fd=9", "--limit", "cpu=60s"}, {"touch", "ran"}).end() ==
        "exit 0");
  std::string names;
  for (const auto& entry : std::filesystem::directory_iterator(where / "profiles")) {
    names += entry.path().filename().string() + " ";
  }
  CHECK_THAT(names, Catch::Contains(".fd.pb.gz") && Catch::Contains(".cpu.pb.gz"));
  std::filesystem::remove(where / "ran");
  for (const std::vector<std::string>& options :
       std::vector<std::vector<std::string>>{{"--mode", "cpu", "--limit", "fd=0"},
                                             {"--limit", "delay=1s"},
                                             {"--limit", "fd"},
                                             {"--limit", "fd=much"},
                                             {"--limit", "cpu[]=1"},
                                             {"--junit", "junit.xml"},
                                             {"--annotations", "github"},
                                             {"--limit", "=1"}}) {
    const Outcome ours = limited(where, options, {"touch", "ran"});
    INFO(options.back() << ": " << ours.err);
    CHECK(ours.end() == "exit 2");
    CHECK(ours.error_lines().size() == 1);
    CHECK(!std::filesystem::exists(where / "ran"));
  }
}

// The files of the agent were not known to run, which said that there is no profile.
TEST_CASE("with periodic files each event counts once, and what is in use as it was at the end") {
  TemporaryDirectory where;
  const std::string words =
      "import time\nkept = []\nfor i in range(10):\n"
      "  kept.append(bytearray(1000000)); time.sleep(0.05)\n";
  for (const std::string kind : {"--no-delta", "--delta"}) {
    const std::vector<std::string> rates = {kind, "--interval", "100ms", "--heap-rate", "1"};
    const auto with = [&](const std::string& limit) {
      std::vector<std::string> options = rates;
      options.insert(options.end(), {"--limit", limit});
      return limited(where, options, {"python3", "-c", words});
    };
    const Outcome holds = with("alloc_space=30M");
    INFO(kind << ": " << holds.err);
    CHECK(holds.end() == "exit 0");
    CHECK(with("inuse_space=20M").end() == "exit 0");
    CHECK(with("alloc_space=9M").end() == "exit 1");
  }
}

TEST_CASE("a limit on a tree of which a part still runs is not said to hold") {
  TemporaryDirectory where;
  const Outcome ours = limited(where, {"--limit", "fd=100"}, {"sh", "-c", "sleep 2 & exit 0"});
  CHECK(ours.end() == "exit 125");
  CHECK_THAT(ours.err, Catch::Contains("still runs: no limit is said to hold"));
}

// The line was there, and the limit held.
TEST_CASE("a limit is not said to hold where a process could not write its profile") {
  TemporaryDirectory where;
  const std::string words = "\"$0\" 10; (ulimit -f 0; exec \"$0\" 5000); true";
  const std::vector<std::string> command = {"sh", "-c", words, target("builds_index")};
  const std::vector<std::string> rate = {"--heap-rate", "1", "--limit"};
  const auto with = [&](const std::string& limit) {
    std::vector<std::string> options = rate;
    options.push_back(limit);
    return limited(where, options, command);
  };
  const Outcome ours = with("alloc_objects[build_index]=2000");
  INFO(ours.err);
  CHECK(ours.end() == "exit 125");
  CHECK_THAT(ours.err, Catch::Contains("a process could not write its profile"));
}

TEST_CASE("run --complete asks for the profiles of the whole tree without a limit") {
  TemporaryDirectory where;
  CHECK(limited(where, {"--complete"}, {"true"}).end() == "exit 0");
  const Outcome ours = limited(where, {"--complete"}, {"sh", "-c", "sleep 2 & exit 0"});
  CHECK(ours.end() == "exit 125");
  CHECK_THAT(ours.err, Catch::Contains("still runs"));
}

TEST_CASE("limits on files are those of the run") {
  TemporaryDirectory where;
  CHECK(limited(where, {"--mode", "fd,cpu"}, kLeaks).end() == "exit 0");
  const auto report = [&](const std::string& limit) {
    Command command{{program(), "report", "--limit", limit, "profiles"}};
    command.directory = where.path();
    return run(command);
  };
  CHECK(report("fd=2").end() == "exit 0");
  const Outcome failed = report("fd=1");
  CHECK(failed.end() == "exit 1");
  CHECK_THAT(failed.err, Catch::Contains("fd=1: 2, above 1"));
  CHECK(report("peak_space=1").end() == "exit 2");
  CHECK(!std::filesystem::exists(where / "report.html"));
}
