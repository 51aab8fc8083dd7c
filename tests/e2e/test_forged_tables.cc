// A worker of root's that has become another user and forges what its tables say: nobody believes
// it, whoever makes files of them with root's rights.
#include <sys/stat.h>
#include <unistd.h>

#include <catch2/catch.hpp>
#include <filesystem>

#include "tests/e2e/agent_victim.h"

using namespace e2e;

namespace {

constexpr const char* kName = "secret.conf";

// A directory of root's alone, the template that leads there, and files that the forged name means.
struct Place {
  Place() {
    REQUIRE(chmod(output.path().c_str(), 0700) == 0);
    plant(kName);
  }
  std::string name_template() const { return output / "%m"; }
  // The name has the worker's number, which its origin asks for.
  void plant_for(const std::string& worker) const { plant(name_for(worker)); }
  void check() const { CHECK(read_file(output / kName) == "precious"); }
  // The forged name was met, and took another place.
  void check_for(const std::string& worker) const {
    CHECK(read_file(output / name_for(worker)) == "precious");
    CHECK(std::filesystem::exists(output / (name_for(worker) + "-2")));
    check();
  }
  TemporaryDirectory output, spool;

 private:
  static std::string name_for(const std::string& worker) {
    return std::string(kName) + "." + worker;
  }
  void plant(const std::string& name) const {
    write_file(output / name, "precious");
    REQUIRE(chmod((output / name).c_str(), 0600) == 0);
  }
};

bool is_root(const std::string& what) {
  if (geteuid() == 0) return true;
  skip(what, "needs root");
  return false;
}

std::string worker_of(const AgentVictim& host) {
  CHECK(comes_true([&] { return host.out().ends_with("\n"); }));
  return host.out().substr(0, host.out().find('\n'));
}

}  // namespace

TEST_CASE("recover replaces no file that forged tables name") {
  if (!is_root("recover of a worker's tables")) return;
  const Place place;
  Command command = profiled({{target("forges_tables"), "-", "killed"}}, "heap", place.output,
                             {{"PROFILER_OUTPUT", place.name_template()},
                              {"PROFILER_HEAP_RATE", "1"},
                              {"PROFILER_SPOOL", place.spool.path()}});
  const Outcome killed = run(command);
  CHECK(killed.end() == "exit 7");
  const std::string worker = lines_of(killed.out).at(0);
  place.plant_for(worker);
  CHECK(run({{program(), "recover", place.spool.path()}}).end() == "exit 0");
  place.check_for(worker);
}

TEST_CASE("run replaces no file that forged tables name") {
  if (!is_root("a worker's tables below run")) return;
  const Place place;
  // Root's shell plants what the name will meet, which is older than the worker.
  const std::string words =
      "worker=$(\"$0\" - killed | head -1); cd \"$1\"; printf precious > secret.conf.$worker; "
      "touch -d '1 hour ago' secret.conf.$worker; chmod 600 secret.conf.$worker; echo $worker";
  const Outcome killed = run({{program(), "run", "--mode", "heap", "--heap-rate", "1", "--spool",
                               place.spool.path(), "--output", place.name_template(), "--", "sh",
                               "-c", words, target("forges_tables"), place.output.path()}});
  CHECK(killed.end() == "exit 0");
  place.check_for(lines_of(killed.out).at(0));
}

TEST_CASE("dump replaces no file that forged tables name") {
  if (!is_root("a dump of a worker")) return;
  const Place place;
  AgentVictim host({{"PROFILER_MODE", "heap"},
                    {"PROFILER_HEAP_RATE", "1"},
                    {"PROFILER_OUTPUT", place.name_template()}},
                   true, {}, "forges_tables");
  const std::string worker = worker_of(host);
  place.plant_for(worker);
  CHECK(run({{program(), "dump", worker}}).end() == "exit 0");
  place.check_for(worker);
  CHECK(host.end() == "exit 7");
}

// Its parent is root's: with that process's rights the agent could write where the worker cannot.
TEST_CASE(
    "the agent writes with the rights of the process that it adopted, not of one it is told") {
  if (!is_root("an agent that gives up its rights")) return;
  const Place place;
  AgentVictim host({{"PROFILER_MODE", "heap"},
                    {"PROFILER_HEAP_RATE", "1"},
                    {"PROFILER_SIGNAL", "USR2"},
                    {"PROFILER_OUTPUT", place.output / "%p.%m"}},
                   true, {}, "forges_tables");
  const std::string worker = worker_of(host);
  CHECK(comes_true([&] { return host.err().find("permission denied") != std::string::npos; }));
  for (const std::string& name : place.output.files()) CHECK(!name.starts_with(worker + "."));
  CHECK(host.end() == "exit 7");
  place.check();
}
