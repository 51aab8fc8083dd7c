// `profiler status`: whether a process is profiled, where its files go, and why one is empty.
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <catch2/catch.hpp>

#include "tests/e2e/victim.h"

using namespace e2e;

namespace {

Outcome status_of(pid_t pid) {
  return run({{program(), "status", std::to_string(pid)}});
}

bool says(const Outcome& outcome, const std::string& text) {
  return outcome.out.find(text) != std::string::npos;
}

}  // namespace

TEST_CASE("status of a profiled process shows what records and where the files go") {
  const Victim victim("cpu,heap");
  const std::string pid = std::to_string(victim.pid());
  const Outcome ours = status_of(victim.pid());
  INFO(ours.out);
  CHECK(ours.end() == "exit 0");
  CHECK(ours.err.empty());
  CHECK(says(ours, "process " + pid + " (target_until_killed)\n"));
  CHECK(says(ours, "  library: " + library() + "\n"));
  CHECK(says(ours, victim.spool.tables().at(0)));
  CHECK(says(ours, "  agent: none"));
  CHECK(says(ours, "  heap: "));
  CHECK(says(ours, " samples; recording\n"));
  CHECK(
      says(ours, "    " + victim.output.path() + "/target_until_killed." + pid + ".heap.pb.gz\n"));
  CHECK(says(run({{program(), "status"}}), "process " + pid + " (target_until_killed)\n"));
}

TEST_CASE("status of a process whose recording is stopped says how to start it") {
  const Victim victim("heap");
  REQUIRE(run({{program(), "stop", std::to_string(victim.pid())}}).end() == "exit 0");
  const Outcome ours = status_of(victim.pid());
  INFO(ours.out);
  CHECK(ours.end() == "exit 0");
  CHECK(says(ours, "; not recording ("));
}

TEST_CASE("status of a process that is not profiled says why") {
  const Outcome own = status_of(getpid());
  CHECK(own.end() == "exit 1");
  CHECK(says(own, "libprofiler.so is not loaded: LD_PRELOAD does not name it\n"));
  int ready[2];
  REQUIRE(pipe(ready) == 0);
  const pid_t pid = fork();
  if (pid == 0) {
    dup2(ready[1], 1);
    setenv("LD_PRELOAD", library().c_str(), 1);
    unsetenv("PROFILER_MODE");
    execl("/bin/sh", "sh", "-c", "echo; kill -STOP $$", nullptr);
    _exit(127);
  }
  char byte = 0;
  REQUIRE(read(ready[0], &byte, 1) == 1);
  const Outcome idle = status_of(pid);
  kill(pid, SIGKILL);
  waitpid(pid, nullptr, 0);
  for (const int end : ready) close(end);
  CHECK(idle.end() == "exit 1");
  CHECK(says(idle, "libprofiler.so is loaded, but PROFILER_MODE was not set"));
  const Outcome none = status_of(INT32_MAX);
  CHECK(none.end() == "exit 2");
  CHECK(none.err == "profiler: process 2147483647: there is none\n");
}

TEST_CASE(
    "status tells a process of another user, and one that has ended, from one without LD_PRELOAD") {
  const pid_t ended = fork();
  if (ended == 0) _exit(0);
  siginfo_t info{};
  REQUIRE(waitid(P_PID, static_cast<id_t>(ended), &info, WEXITED | WNOWAIT) == 0);
  CHECK(says(status_of(ended), "  it has ended, or is a thread of the kernel\n"));
  waitpid(ended, nullptr, 0);
  if (geteuid() != 0) return;
  const std::string own = std::to_string(getpid());
  const Outcome foreign =
      run({{"setpriv", "--reuid=65534", "--clear-groups", program(), "status", own}});
  CHECK(foreign.end() == "exit 2");
  CHECK(foreign.err == "profiler: process " + own + ": it belongs to another user\n");
}
