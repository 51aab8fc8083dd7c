// Launchers that record nothing: the program below is the first of its tree, with all options.
#include <signal.h>
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
  for (const std::string launcher : kLaunchers) {
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
    TemporaryFolder output;
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
  TemporaryFolder output;
  Command command = profiled({{target("launches"), "3", target("ends"), "exit"}}, "heap", output,
                             {{"PROFILER_ONLY", "target_ends"}});
  command.environment["PROFILER_OUTPUT"] = output / "one.heap.pb.gz";
  CHECK(run(command).end() == "exit 3");
  CHECK(output.files().size() == 3);
}
