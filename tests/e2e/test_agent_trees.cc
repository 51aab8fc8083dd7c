// Which agent serves which process of a tree.
#include <catch2/catch.hpp>

#include "tests/e2e/agent_victim.h"
#include "tests/e2e/profile_file.h"

using namespace e2e;

namespace {

// The program's files: of its first process, or of the others.
size_t files_of(const AgentVictim& host, bool first) {
  size_t count = 0;
  for (const std::string& name : host.output.files()) {
    const bool is_first = name.find("." + std::to_string(host.pid()) + ".") != std::string::npos;
    if (name.starts_with("target_agent_host.") && is_first == first) count++;
  }
  return count;
}

// A shell that starts the program with `variables` in the background, and becomes it as well.
// `pause`: until its own agent answers.
std::vector<std::string> with_child(const std::string& variables, const std::string& pause) {
  return {"sh", "-c", pause + variables + " \"$0\" \"$@\" & exec \"$0\" \"$@\""};
}

// Itself, and the two that put names in.
constexpr size_t kOneAgent = 3;

}  // namespace

TEST_CASE("one agent serves a tree: forked children, and images that replace each other") {
  AgentVictim host({{"PROFILER_MODE", "cpu"}, {"PROFILER_INTERVAL", "250ms"}}, false,
                   with_child("", "sleep 0.1; "));
  CHECK(comes_true([&] { return files_of(host, true) >= 2 && files_of(host, false) >= 2; }));
  CHECK(comes_true([&] { return host.agents().size() == kOneAgent; }));
  host.end();
  CHECK(host.agents_end());
  CHECK(host.spool.files().empty());
}

TEST_CASE("tables without a name are handed to the agent") {
  AgentVictim host(
      {{"PROFILER_MODE", "cpu"}, {"PROFILER_INTERVAL", "200ms"}, {"PROFILER_SPOOL", "none"}});
  CHECK(ProfileFile(host.files("cpu", 2).at(1)).has_function("burn_of_agent_host"));
  CHECK(host.end() == "exit 7");
  CHECK(host.out().find("descriptors: 3") != std::string::npos);
}

// No agent looked at them: the parent maps tables, so the child left it to the parent's agent.
TEST_CASE("a child's tables without a name are handed to the agent of its parent") {
  AgentVictim host(
      {{"PROFILER_MODE", "cpu"}, {"PROFILER_INTERVAL", "250ms"}, {"PROFILER_SPOOL", "none"}}, false,
      with_child("", "sleep 0.3; "));
  CHECK(comes_true([&] { return files_of(host, true) >= 2 && files_of(host, false) >= 2; }));
  CHECK(host.end() == "exit 7");
}

TEST_CASE("a child whose tables stand in another directory than its parent's has files too") {
  for (int i = 0; i < 3; i++) {
    TemporaryDirectory elsewhere;
    AgentVictim host({{"PROFILER_MODE", "cpu"}, {"PROFILER_INTERVAL", "100ms"}}, false,
                     with_child("PROFILER_SPOOL=" + elsewhere.path(), i == 0 ? "" : "sleep 0.1; "));
    CHECK(comes_true([&] { return files_of(host, true) >= 2 && files_of(host, false) >= 2; }));
    host.end();
    CHECK(host.agents_end());
    CHECK(comes_true([&] { return agents_at(elsewhere).empty(); }));
  }
}

TEST_CASE("a child that asks for periodic files has them below a process that asked for none") {
  AgentVictim host(Environment{{"PROFILER_MODE", "cpu"}}, false,
                   with_child("PROFILER_INTERVAL=100ms", "sleep 0.1; "));
  CHECK(comes_true([&] { return files_of(host, false) >= 2; }));
  host.end();
  CHECK(host.agents_end());
}

// The agents of two images started before either could be asked, and both stayed to the end.
TEST_CASE("of the agents of two images that follow each other at once one is left") {
  for (int i = 0; i < 5; i++) {
    AgentVictim host({{"PROFILER_MODE", "heap"}, {"PROFILER_INTERVAL", "100ms"}}, true,
                     {"sh", "-c", "exec sh -c 'exec \"$0\" \"$@\"' \"$0\" \"$@\""});
    CHECK(comes_true([&] { return files_of(host, true) >= 2; }));
    CHECK(comes_true([&] { return host.agents().size() == kOneAgent; }));
    CHECK(host.end() == "exit 7");
    CHECK(host.agents_end());
  }
}
