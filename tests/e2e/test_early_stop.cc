// profiler stop at each system call of a program's start.
#include <sys/ptrace.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <catch2/catch.hpp>
#include <csignal>

#include "tests/e2e/agent_victim.h"
#include "tests/e2e/harness.h"
#include "tests/e2e/profile_file.h"

using namespace e2e;

namespace {

// A run of the idle agent_host, held at the entry and at the end of each of its system calls.
class SteppedVictim {
 public:
  explicit SteppedVictim(bool has_agent) {
    pid_ = fork();
    if (pid_ != 0) {
      wait_for_stop();
      ptrace(PTRACE_SETOPTIONS, pid_, nullptr, PTRACE_O_TRACESYSGOOD | PTRACE_O_EXITKILL);
      return;
    }
    setenv("LD_PRELOAD", library().c_str(), 1);
    setenv("PROFILER_MODE", "cpu,heap", 1);
    setenv("PROFILER_HEAP_RATE", "1", 1);
    setenv("PROFILER_SYMBOLIZE", "none", 1);
    if (has_agent) setenv("PROFILER_INTERVAL", "100s", 1);
    setenv("PROFILER_OUTPUT", (output.path() + "/").c_str(), 1);
    setenv("PROFILER_SPOOL", spool.path().c_str(), 1);
    ptrace(PTRACE_TRACEME, 0, nullptr, nullptr);
    execl(target("agent_host").c_str(), "agent_host", (spool / "end").c_str(), "idle", nullptr);
    _exit(127);
  }
  ~SteppedVictim() {
    kill(pid_, SIGKILL);
    waitpid(pid_, nullptr, 0);
    // A process that writes what was left does so into directories that are there.
    comes_true([&] { return agents_at(spool).empty(); });
  }
  SteppedVictim(const SteppedVictim&) = delete;
  SteppedVictim& operator=(const SteppedVictim&) = delete;

  // On to the next place; false once the program sleeps, which only its own code does.
  bool step() {
    int passed_on = 0;
    do {
      ptrace(PTRACE_SYSCALL, pid_, nullptr, static_cast<long>(passed_on));
      passed_on = wait_for_stop();
    } while (passed_on != (SIGTRAP | 0x80));
    __ptrace_syscall_info call{};
    ptrace(PTRACE_GET_SYSCALL_INFO, pid_, sizeof call, &call);
    return call.op != PTRACE_SYSCALL_INFO_ENTRY || call.entry.nr != SYS_clock_nanosleep;
  }
  void let_go() { ptrace(PTRACE_DETACH, pid_, nullptr, nullptr); }
  std::string pid() const { return std::to_string(pid_); }

  TemporaryDirectory output, spool;

 private:
  int wait_for_stop() {
    int status = 0;
    REQUIRE(waitpid(pid_, &status, 0) == pid_);
    REQUIRE(WIFSTOPPED(status));
    return WSTOPSIG(status);
  }
  pid_t pid_;
};

int64_t dumped_allocations(const SteppedVictim& host, size_t number) {
  CHECK(run({{program(), "dump", host.pid()}}).end() == "exit 0");
  int64_t most = -1;
  size_t count = 0;
  for (const std::string& name : host.output.files()) {
    if (name.find(".heap.") == std::string::npos) continue;
    count++;
    most = std::max(most, ProfileFile(host.output / name).total("alloc_objects"));
  }
  CHECK(count == number);
  return most;
}

}  // namespace

// The program armed what it records after others could find and stop it; and its agent, once it was
// there, began the recording that the program had begun itself.
TEST_CASE("a stop that comes while a program starts is obeyed, or says that it was not") {
  const bool has_agent = GENERATE(false, true);
  const int steps = has_agent ? 3 : 1;
  int stops = 0;
  for (int first = 0, place = 0;; first = place + steps - 1) {
    SteppedVictim host(has_agent);
    bool is_stopped = false;
    for (place = 0; !is_stopped && host.step();) {
      if (host.spool.files().empty() || place++ < first) continue;
      is_stopped = run({{program(), "stop", host.pid()}}).end() == "exit 0";
    }
    if (!is_stopped) break;
    stops++;
    INFO("at place " << place << ", with an agent: " << has_agent);
    host.let_go();
    sleep_ms(has_agent ? 100 : 20);
    const int64_t before = dumped_allocations(host, 1);
    sleep_ms(20);
    CHECK(dumped_allocations(host, 2) == before);
  }
  CHECK(stops > 0);
  figure("early stop: %d places in a start at which stop is obeyed, with an agent: %d", stops,
         has_agent);
}
