// Launchers that record nothing: the program below is the first of its tree, with all options.
#include <arpa/inet.h>
#include <signal.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include <catch2/catch.hpp>

#include "tests/e2e/agent_http.h"
#include "tests/e2e/agent_victim.h"
#include "tests/e2e/profile_file.h"

using namespace e2e;

namespace {

constexpr const char* kLaunchers[] = {"static", "left out", "without a mode"};

// The words in front of agent_host, and what else the environment holds.
std::vector<std::string> words_for(const std::string& launcher, const std::string& modes,
                                   Environment* more) {
  if (launcher == "static") return {target("launches_static"), "1"};
  if (launcher == "left out") (*more)["PROFILER_ONLY"] = "target_agent_host";
  if (launcher == "left out") return {target("launches"), "1"};
  more->erase("PROFILER_MODE");
  return {target("launches"), "1", "/usr/bin/env", "PROFILER_MODE=" + modes};
}

struct Launched {
  Launched(const std::string& launcher, const std::string& modes, Environment more)
      : words(words_for(launcher, modes, &(more["PROFILER_MODE"] = modes, more))),
        host(more, false, words) {}
  std::vector<std::string> words;
  AgentVictim host;
};

}  // namespace

TEST_CASE("under a launcher that records nothing files come by the clock") {
  for (const std::string launcher : kLaunchers) {
    INFO(launcher);
    {
      Launched run(launcher, "cpu", {{"PROFILER_INTERVAL", "200ms"}});
      CHECK(run.host.files("cpu", 3).size() >= 3);
      CHECK(run.host.end() == "exit 7");
    }
    Launched run(launcher, "cpu", {{"PROFILER_DELAY", "200ms"}, {"PROFILER_DURATION", "300ms"}});
    const ProfileFile cpu(run.host.files("cpu", 1).at(0));
    CHECK(cpu.has_function("burn_of_agent_host"));
    CHECK(cpu.proto().duration_nanos() < 2000000000);
    CHECK(run.host.end() == "exit 7");
  }
}

TEST_CASE("under a launcher that records nothing the program is served and says its address") {
  // With an address a launcher without a mode records what it is asked for, and is the first
  // itself.
  for (const std::string launcher : {"static", "left out"}) {
    INFO(launcher);
    Launched run(launcher, "cpu", serving());
    HttpClient client(port_of(run.host));
    CHECK(client.get(std::string(kBase) + "cmdline").body.find("target_agent_host") !=
          std::string::npos);
    CHECK(run.host.end() == "exit 7");
    CHECK(run.host.agents_end());
  }
}

TEST_CASE("under a launcher that records nothing a bad value gets its line, once") {
  for (const std::string launcher : kLaunchers) {
    INFO(launcher);
    TemporaryDirectory output;
    Environment more{{"PROFILER_CPU_HZ", "fast"}};
    Command command = profiled({{}}, "heap", output, more);
    command.environment["PROFILER_CPU_HZ"] = "fast";
    command.arguments = words_for(launcher, "heap", &command.environment);
    if (launcher == "left out") command.environment["PROFILER_ONLY"] = "target_ends";
    command.arguments.insert(command.arguments.end(), {target("ends"), "exit"});
    const Outcome ours = run(command);
    CHECK(ours.end() == "exit 3");
    size_t lines = 0;
    for (const std::string& line : ours.error_lines()) {
      lines += line.find("PROFILER_CPU_HZ=\"fast\"") != std::string::npos ? 1 : 0;
    }
    INFO(ours.err);
    // The launcher without a mode has the variable as well, and says so for itself.
    CHECK(lines == (launcher == "without a mode" ? 2 : 1));
    CHECK(output.profiles("heap").size() == 1);
  }
}

TEST_CASE("programs of one run below a launcher that is left out keep their files apart") {
  TemporaryDirectory output;
  Command command = profiled({{target("launches"), "3", target("ends"), "exit"}}, "heap", output,
                             {{"PROFILER_ONLY", "target_ends"}});
  command.environment["PROFILER_OUTPUT"] = output / "one.heap.pb.gz";
  CHECK(run(command).end() == "exit 3");
  CHECK(output.files().size() == 3);
}

namespace {

size_t times_in(const std::string& text, const std::string& part) {
  size_t count = 0;
  for (size_t at = 0; (at = text.find(part, at)) != std::string::npos; at++) count++;
  return count;
}

// One that is free now.
std::string free_port() {
  const int socket = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_in name{};
  name.sin_family = AF_INET;
  name.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t size = sizeof name;
  REQUIRE(bind(socket, reinterpret_cast<sockaddr*>(&name), size) == 0);
  REQUIRE(getsockname(socket, reinterpret_cast<sockaddr*>(&name), &size) == 0);
  close(socket);
  return std::to_string(ntohs(name.sin_port));
}

std::string command_line_at(const std::string& port, const std::string& place) {
  return run({{"curl", "-s", "-m", "10", "http://127.0.0.1:" + port + place + "cmdline"}}).out;
}

}  // namespace

TEST_CASE("programs below one launcher with one address are served by one agent") {
  for (const std::string spool : {"a directory", "none"}) {
    INFO("PROFILER_SPOOL: " << spool);
    const std::string port = free_port();
    Environment more = serving({{"PROFILER_MODE", "cpu"}, {"PROFILER_HTTP", port}});
    if (spool == "none") more["PROFILER_SPOOL"] = "none";
    AgentVictim host(more, false, {target("launches_static"), "4"});
    const std::string front = "serving http://127.0.0.1:" + port + "/";
    CHECK(comes_true([&] { return times_in(host.err(), front) == 4; }));
    INFO(host.err());
    CHECK(times_in(host.err(), front + "debug/pprof/") == 1);
    CHECK(host.err().find("PROFILER_HTTP") == std::string::npos);
    size_t others = 0;
    for (const std::string& line : lines_of(host.err())) {
      const size_t at = line.find(front);
      if (at == std::string::npos) continue;
      const std::string place = line.substr(at + front.size() - 1);
      if (place != kBase) others++;
      CHECK(command_line_at(port, place).find("target_agent_host") != std::string::npos);
    }
    CHECK(others == 3);
    CHECK(host.end() == "exit 7");
    CHECK(host.agents_end());
  }
}

TEST_CASE("a program that a shell puts into the background is served when the shell has ended") {
  for (int i = 0; i < 8; i++) {
    INFO("run " << i);
    const std::string port = free_port();
    AgentVictim shell(serving({{"PROFILER_MODE", "cpu"}, {"PROFILER_HTTP", port}}), false,
                      {"sh", "-c", "\"$0\" \"$@\" &"});
    shell.wait_for_end();
    CHECK(comes_true([&] {
      const std::string facts =
          run({{"curl", "-s", "http://127.0.0.1:" + port + kBase + "?format=json"}}).out;
      return facts.find("target_agent_host") != std::string::npos;
    }));
    shell.end();
    CHECK(shell.agents_end());
  }
}

TEST_CASE("no agent's socket is left behind") {
  AgentVictim host({{"PROFILER_MODE", "cpu"}, {"PROFILER_INTERVAL", "100ms"}});
  host.files("cpu", 1);
  const auto sockets = [&] {
    size_t count = 0;
    for (const std::string& name : host.spool.files()) count += name.ends_with(".socket") ? 1 : 0;
    return count;
  };
  CHECK(sockets() == 1);
  CHECK(host.end() == "exit 7");
  CHECK(host.agents_end());
  CHECK(host.spool.files().empty());
}
