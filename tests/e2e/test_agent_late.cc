// The agent, or what it waits for, comes late: a busy machine, a debugger.
#include <signal.h>

#include <cstring>
#include <filesystem>

#include "tests/e2e/agent_http.h"

using namespace e2e;

namespace {

int64_t dumped_samples(const AgentVictim& host, size_t number) {
  CHECK(run({{program(), "dump", std::to_string(host.pid())}}).end() == "exit 0");
  const std::vector<std::string> files = host.files("cpu", number);
  REQUIRE(files.size() == number);
  int64_t most = 0;
  for (const std::string& file : files) most = std::max(most, ProfileFile(file).total("samples"));
  return most;
}

}  // namespace

// The program was stopped past it after a second, and the agent turned that round.
TEST_CASE("a stop that the agent is too late for stays a stop") {
  AgentVictim host(Environment{{"PROFILER_MODE", "cpu"}, {"PROFILER_INTERVAL", "100s"}});
  REQUIRE(comes_true([&] { return !host.agents().empty() && !host.spool.files().empty(); }));
  sleep_ms(200);
  const std::vector<pid_t> agents = host.agents();
  for (const pid_t agent : agents) kill(agent, SIGSTOP);
  CHECK(run({{program(), "stop", std::to_string(host.pid())}}).end() == "exit 0");
  for (const pid_t agent : agents) kill(agent, SIGCONT);
  sleep_ms(300);
  const int64_t before = dumped_samples(host, 1);
  sleep_ms(300);
  CHECK(dumped_samples(host, 2) == before);
  CHECK(host.end() == "exit 7");
}

// After half a second they were refused for good: no files, no answers.
TEST_CASE("a child whose tables stay empty for long is served once they are filled in") {
  TemporaryDirectory elsewhere;
  // Without an interval the child has no agent of its own.
  const std::string child = "PROFILER_INTERVAL=0 PROFILER_SPOOL=" + elsewhere.path() + " " +
                            target("agent_host") + " $0 idle & exec \"$@\"";
  AgentVictim host(Environment{{"PROFILER_MODE", "heap"}, {"PROFILER_INTERVAL", "100ms"}}, true,
                   {"sh", "-c", child, elsewhere / "end"});
  std::string name;
  REQUIRE(comes_true([&] {
    for (const std::string& file : elsewhere.files())
      name = file.ends_with(".tables") ? file : name;
    return !name.empty();
  }));
  host.files("heap", 2);
  const std::string origin = name.substr(0, name.rfind('.')) + ".origin";
  std::filesystem::rename(elsewhere / origin, host.spool / origin);
  const std::string path = host.spool / name;
  write_file(path, "");
  sleep_ms(800);
  std::filesystem::rename(elsewhere / name, path);
  const std::string pid = name.substr(0, name.rfind('-')).substr(strlen("profiler-"));
  const auto count = [&] {
    int of_child = 0;
    for (const std::string& file : host.all_files("heap")) {
      of_child += file.find("." + pid + ".heap.") != std::string::npos ? 1 : 0;
    }
    return of_child;
  };
  CHECK(comes_true([&] { return count() >= 2; }));
  write_file(elsewhere / "end", "now");
  CHECK(host.end() == "exit 7");
}

// The tables of one image were gone, those of the next not there yet: "Unknown profile".
// In one run of a hundred python had ended, and the agent said that its tables have no origin.
TEST_CASE("an agent that starts while its program ends and takes its tables along says nothing") {
  AgentVictim host(Environment{{"PROFILER_MODE", "heap"}, {"PROFILER_INTERVAL", "100s"}});
  REQUIRE(comes_true([&] { return !host.agents().empty() && !host.spool.files().empty(); }));
  TemporaryDirectory elsewhere;
  for (const std::string& file : host.spool.files()) {
    if (file.ends_with(".tables")) {
      std::filesystem::copy_file(host.spool / file, elsewhere / "profiler-1-1.tables");
    }
  }
  const auto agent_after = [&](const std::string& words) {
    const std::string all = "exec 3<> \"$1\"; " + words + "; \"$0\" agent --pid $$ & sleep 0.3";
    return run({{"sh", "-c", all, program(), elsewhere / "profiler-1-1.tables"},
                {{"TMPDIR", elsewhere.path()}}});
  };
  CHECK_THAT(agent_after("true").err, Catch::Contains("the tables cannot be read"));
  CHECK(agent_after("rm \"$1\"").err.empty());
  CHECK(host.end() == "exit 7");
}

TEST_CASE("a client that asks while the first process changes its image is answered") {
  // Stretched by an image that is not profiled.
  const std::string changes =
      "lib=$LD_PRELOAD; unset LD_PRELOAD; "
      "exec sh -c 'sleep 2; LD_PRELOAD=$0; export LD_PRELOAD; exec \"$@\"' $lib \"$@\"";
  AgentVictim host(serving({{"PROFILER_MODE", "heap"}}), true, {"sh", "-c", changes, "sh"});
  HttpClient client(port_of(host));
  for (int i = 0; i < 15; i++) {
    CHECK(client.get(std::string(kBase) + "heap").status == 200);
    sleep_ms(200);
  }
  CHECK(host.end() == "exit 7");
}
