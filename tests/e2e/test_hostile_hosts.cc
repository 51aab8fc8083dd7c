// Processes that mean harm, below an agent or a command with more rights: tables that change all
// the time, dumps asked for without end, modes with other names.
#include <signal.h>
#include <unistd.h>

#include <catch2/catch.hpp>
#include <chrono>

#include "tests/e2e/agent_http.h"

using namespace e2e;

namespace {

bool ends_by_itself(const Outcome& outcome) {
  return !outcome.timed_out && outcome.end().starts_with("exit ");
}

// Every reader of the tables of the processes below `host`, while they change.
void ask_all(const AgentVictim& host, HttpClient& client, const std::vector<std::string>& pids) {
  for (const std::string& pid : pids) {
    for (const char* name : {"heap", "heap?debug=1", "heap?format=json", "profile?seconds=1",
                             "threads", "?format=json", "delta_heap"}) {
      INFO(pid << " " << name);
      CHECK(client.ask("/" + pid + std::string(kBase) + name).has_value());
    }
    CHECK(ends_by_itself(run({{program(), "dump", pid}})));
  }
  host.send(SIGUSR2);
}

std::vector<std::string> pids_below(HttpClient& client) {
  const std::string facts = client.get(std::string(kBase) + "?format=json").body;
  std::vector<std::string> pids;
  const std::string key = "\"pid\":";
  for (size_t at = 0; (at = facts.find(key, at)) != std::string::npos;) {
    at += key.size();
    const std::string pid = std::to_string(std::atoi(facts.c_str() + at));
    if (pid != "0" && (pids.empty() || pids.back() != pid)) pids.push_back(pid);
  }
  return pids;
}

std::string line_of(const std::string& status, const std::string& key) {
  for (const std::string& line : lines_of(status)) {
    if (line.starts_with(key + ":")) return line.substr(key.size() + 2);
  }
  return "";
}

}  // namespace

TEST_CASE("tables that change while they are read harm neither the agent nor the process") {
  for (const bool is_worker : {false, true}) {
    INFO((is_worker ? "a worker without rights" : "the process itself"));
    AgentVictim host(serving({{"PROFILER_MODE", "heap,cpu,threads,custom"},
                              {"PROFILER_SIGNAL", "USR2"},
                              {"PROFILER_LOG", "info"}}),
                     is_worker, {}, "scribbles");
    HttpClient client(port_of(host));
    std::vector<std::string> pids = {std::to_string(host.pid())};
    if (is_worker) {
      CHECK(comes_true([&] { return (pids = pids_below(client)).size() >= 2; }));
    }
    const std::vector<pid_t> before = host.agents();
    REQUIRE(!before.empty());
    for (int round = 0; round < 3; round++) ask_all(host, client, pids);
    CHECK(kill(before.front(), 0) == 0);
    CHECK(host.end() == "exit 7");
    CHECK(host.agents_end());
  }
}

TEST_CASE("a process that has damaged its tables ends as it would, and what is left is looked at") {
  for (int seed = 1; seed <= 8; seed++) {
    INFO(seed);
    TemporaryDirectory output, spool;
    const Environment more = {{"PROFILER_SPOOL", spool.path()}, {"PROFILER_HEAP_RATE", "1"}};
    const std::string number = std::to_string(seed);
    const std::string modes = "heap,cpu,block,custom,fd";
    CHECK(run(profiled({{target("scribbles"), "-", "ends", number}}, modes, output, more)).end() ==
          "exit 7");
    CHECK(
        run(profiled({{target("scribbles"), "-", "killed", number}}, modes, output, more)).end() ==
        "signal 9");
    std::vector<std::string> recover = {program(), "recover"};
    for (const std::string& path : spool.tables()) recover.push_back(path);
    if (recover.size() > 2) CHECK(ends_by_itself(run({recover})));
    CHECK(run({{program(), "run", "--mode", modes, "--heap-rate", "1", "--output",
                output.path() + "/", "--", target("scribbles"), "-", "killed", number}})
              .end() == "signal 9");
  }
}

TEST_CASE("names of modes in the tables choose no file") {
  TemporaryDirectory output;
  CHECK(run(profiled({{target("renames_modes")}}, "heap,custom", output)).end() == "exit 7");
  CHECK(output.profiles("heap").size() == 1);
  CHECK(output.profiles("mine").size() == 1);
  CHECK(output.profiles("evil").empty());
}

TEST_CASE("a process that asks for dumps without end gets sixty, then one a second") {
  AgentVictim host({{"PROFILER_MODE", "heap"},
                    {"PROFILER_SIGNAL", "USR2"},
                    {"PROFILER_LOG", "error"},
                    {"PROFILER_SYMBOLIZE", "none"}});
  CHECK(comes_true([&] { return !host.agents().empty() && !host.spool.files().empty(); }));
  sleep_ms(300);  // the handler is there with the agent
  const auto begin = std::chrono::steady_clock::now();
  const auto asks = [&] {
    host.send(SIGUSR2);
    return host.err().find("too many dumps") != std::string::npos;
  };
  CHECK(comes_true(asks, 60000));
  for (int i = 0; i < 50; i++) {
    host.send(SIGUSR2);
    sleep_ms(10);
  }
  const std::chrono::duration<double> passed = std::chrono::steady_clock::now() - begin;
  CHECK(static_cast<double>(host.all_files("heap").size()) <= 60 + passed.count() + 2);
  CHECK(host.end() == "exit 7");
  const std::string err = host.err();
  CHECK(err.find("too many dumps") == err.rfind("too many dumps"));
}

TEST_CASE("what reads the files of root's process has no rights left") {
  if (geteuid() != 0) return skip("the rights that a naming worker gives up", "needs root");
  AgentVictim host(serving({{"PROFILER_MODE", "heap"}}));
  HttpClient client(port_of(host));
  std::string status;
  const auto is_worker = [&](pid_t pid) {
    status = read_file("/proc/" + std::to_string(pid) + "/status");
    return line_of(status, "Seccomp") == "2";
  };
  CHECK(comes_true([&] {
    if (client.get(std::string(kBase) + "heap").status != 200) return false;
    const std::vector<pid_t> agents = host.agents();
    return std::any_of(agents.begin(), agents.end(), is_worker);
  }));
  for (const char* key : {"Uid", "Gid"}) {
    CHECK(line_of(status, key) == "65534\t65534\t65534\t65534");
  }
  CHECK(line_of(status, "Groups").find_first_of("0123456789") == std::string::npos);
  for (const char* key : {"CapInh", "CapPrm", "CapEff", "CapBnd", "CapAmb"}) {
    CHECK(line_of(status, key) == "0000000000000000");
  }
  CHECK(line_of(status, "NoNewPrivs") == "1");
  CHECK(host.end() == "exit 7");
}
