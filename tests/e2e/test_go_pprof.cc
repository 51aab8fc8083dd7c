// The judge that users have: go tool pprof opens each kind of file, without a warning.
#include <catch2/catch.hpp>
#include <cstdlib>

#include "tests/e2e/harness.h"
#include "tests/e2e/profile_file.h"

using namespace e2e;

namespace {

// Each different go of this machine: Debian's, and what is in PATH besides.
std::vector<std::string> every_go() {
  std::map<std::string, std::string> by_version;
  std::string path = "/usr/bin";
  if (const char* own = getenv("PATH")) path += std::string(":") + own;
  for (char& c : path) c = c == ':' ? ' ' : c;
  for (const std::string& directory : words_of(path)) {
    if (!can_execute(directory + "/go")) continue;
    by_version.try_emplace(run({{directory + "/go", "version"}}).out, directory + "/go");
  }
  std::vector<std::string> result;
  for (const auto& [version, go] : by_version) {
    figure("judge: %s", version.substr(0, version.find('\n')).c_str());
    result.push_back(go);
  }
  return result;
}

void check_opens(const std::vector<std::string>& gos, const std::string& path,
                 const std::string& expected) {
  for (const std::string& go : gos) {
    for (const std::string how : {"-top", "-raw"}) {
      INFO(go << " tool pprof " << how << " " << path);
      Command command = {{go, "tool", "pprof", how, path}};
      command.environment = {{"GOTOOLCHAIN", "local"}, {"GOFLAGS", ""}};
      command.limit_s = 120;  // the newest go builds its pprof first
      const Outcome ours = run(command);
      CHECK(ours.end() == "exit 0");
      CHECK(ours.err.empty());
      CHECK(ours.out.find(expected) != std::string::npos);
    }
  }
}

struct Case {
  Command command;
  std::string program, expected;
};

}  // namespace

TEST_CASE("go tool pprof opens the files of C, C++, shell and python programs without a warning") {
  const std::vector<std::string> gos = every_go();
  if (gos.empty()) return skip("go tool pprof", "there is no go");
  const std::vector<Case> cases = {
      {{{target("inlined")}}, "target_inlined", "shapes::Area"},
      {{{target("stripped"), "2", "1"}}, "target_stripped", "target_stripped+0x"},
      {{{target("recursion")}}, "target_recursion", "bottom"},
      {{{"python3", source("tests/targets/allocate.py")}}, "python3", "python3"},
      {{{"bash", "-c", "for i in 1 2 3; do (echo $i); done"}}, "bash", ""},
  };
  for (const Case& c : cases) {
    TemporaryDirectory output;
    Command command = profiled(c.command, "cpu,heap,allocs", output);
    if (c.program == "target_inlined" || c.program == "target_recursion") {
      command.environment["PROFILER_HEAP_RATE"] = "1";
    }
    REQUIRE(run(command).end() == "exit 0");
    REQUIRE_FALSE(output.files().empty());
    for (const std::string& name : output.files()) {
      const bool burner = name.find(".cpu.") != std::string::npos || c.program != "target_stripped";
      check_opens(gos, output / name, burner ? c.expected : "");
      check_rules(output / name);
    }
  }
}

TEST_CASE("code made at run time, which is in no mapping, opens without a warning") {
  const std::vector<std::string> gos = every_go();
  if (gos.empty()) return skip("go tool pprof", "there is no go");
  TemporaryDirectory output;
  REQUIRE(run(profiled({{target("jit"), "100", "none"}}, "cpu", output)).end() == "exit 0");
  check_opens(gos, only(output.profiles("cpu")), "[jit]");
}

TEST_CASE("unsymbolized and empty files open as well") {
  const std::vector<std::string> gos = every_go();
  if (gos.empty()) return skip("go tool pprof", "there is no go");
  TemporaryDirectory output;
  run(profiled({{target("inlined")}}, "heap", output,
               {{"PROFILER_SYMBOLIZE", "none"}, {"PROFILER_HEAP_RATE", "1"}}));
  run(profiled({{"/bin/true"}}, "cpu", output));
  REQUIRE(output.files().size() == 2);
  for (const std::string& name : output.files()) check_opens(gos, output / name, "");
}
