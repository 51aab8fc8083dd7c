#include "preload/recorder/agent_link.h"

#include <linux/futex.h>
#include <sched.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/wait.h>

#include "collectors/unwind/loader.h"
#include "env/sys/arch.h"
#include "env/sys/log.h"
#include "env/sys/text.h"
#include "preload/processes/clone_child.h"
#include "preload/processes/profiler_program.h"
#include "preload/recorder/program_control.h"
#include "tables/spool.h"
#include "tables/tables.h"

namespace agent_link {

using layout::Control;

namespace {

constexpr size_t kStackSize = 32 * 1024;
constexpr unsigned kMostVariables = 64;
constexpr uint64_t kSecond = 1000000000;

// Filled before, read by two children that share this memory and only make system calls.
struct Job {
  profiler_program::Program program;
  char pid[24];
  const char* arguments[8];
  const char* environment[kMostVariables + 1];
  std::atomic<uint32_t> running;  // cleared and woken by the kernel when the go-between is gone
  bool keeps_tables;
};

constinit Job job{};

Control& control() {
  return tables::header().control;
}

void wake(std::atomic<uint32_t>& word) {
  arch::syscall(SYS_futex, &word, FUTEX_WAKE, INT32_MAX, 0L, 0L, 0);
}

int become_agent(void*) {
  arch::syscall(SYS_setsid);
  profiler_program::Kept kept;
  if (job.keeps_tables) kept = {spool::descriptor(), spool::origin_descriptor()};
  profiler_program::become(job.program, job.arguments, job.environment, kept);
}

// Ends as soon as the agent is executed, which then has no parent. The host waits for this process,
// which only the library can see (no exit signal).
int go_between(void* stack) {
  clone_child::start(become_agent, static_cast<char*>(stack), CLONE_VM | CLONE_VFORK, nullptr,
                     nullptr, nullptr);
  return 0;
}

// The agent gets our own variables, what a client of servers needs (proxies and certificates), and
// the directories where its socket may stand if not beside the tables, and where its cache is.
bool is_for_agent(std::string_view variable) {
  for (const std::string_view name :
       {options::kPrefix, std::string_view("SSL_CERT_"), std::string_view("http_proxy="),
        std::string_view("https_proxy="), std::string_view("HTTPS_PROXY="),
        std::string_view("all_proxy="), std::string_view("ALL_PROXY="),
        std::string_view("no_proxy="), std::string_view("NO_PROXY="), std::string_view("TMPDIR="),
        std::string_view("XDG_CACHE_HOME="), std::string_view("HOME=")}) {
    if (text::starts_with(variable, name)) return true;
  }
  return false;
}

void choose_environment(const char* const* environment) {
  unsigned count = 0;
  for (; *environment != nullptr && count < kMostVariables; environment++) {
    const std::string_view variable(*environment);
    if (is_for_agent(variable)) {
      job.environment[count++] = *environment;
    }
  }
  job.environment[count] = nullptr;
}

void choose_arguments(const RunFacts& facts) {
  text::Builder(job.pid) << static_cast<uint64_t>(facts.process.pid);
  unsigned n = 0;
  for (const char* word : {static_cast<const char*>(job.program.path), "agent", "--pid",
                           static_cast<const char*>(job.pid)}) {
    job.arguments[n++] = word;
  }
  if (logging::stderr_is_terminal()) job.arguments[n++] = "--terminal";
  job.arguments[n] = nullptr;
}

bool run_go_between() {
  const long memory = arch::syscall(SYS_mmap, 0L, 2 * kStackSize, PROT_READ | PROT_WRITE,
                                    MAP_PRIVATE | MAP_ANONYMOUS | MAP_STACK, -1, 0L);
  if (arch::is_error(memory)) return false;
  char* stacks = reinterpret_cast<char*>(memory);
  job.running.store(1);
  const uint64_t all = ~uint64_t{0};
  uint64_t before = 0;
  arch::syscall(SYS_rt_sigprocmask, SIG_SETMASK, &all, &before, 8);
  const long pid =
      clone_child::start(go_between, stacks + kStackSize, CLONE_VM | CLONE_CHILD_CLEARTID,
                         stacks + 2 * kStackSize, nullptr, &job.running);
  const bool ended = pid > 0 && clone_child::wait_while(job.running, 1, 5 * kSecond);
  if (ended) arch::syscall(SYS_wait4, pid, 0L, __WCLONE, 0L);
  arch::syscall(SYS_rt_sigprocmask, SIG_SETMASK, &before, 0L, 8);
  if (pid <= 0 || ended) arch::syscall(SYS_munmap, memory, 2 * kStackSize);
  return ended;
}

const char* start_it(const RunFacts& facts, const char* const* environment) {
  if (loader::is_valgrind()) return "under valgrind no agent is started";
  if (process::has_children_elsewhere()) return "children are born in another pid namespace";
  if (!profiler_program::open(facts.process.start_directory, job.program))
    return job.program.problem;
  choose_environment(environment);
  choose_arguments(facts);
  job.keeps_tables = tables::is_open();
  const bool is_started = run_go_between();
  profiler_program::close(job.program);
  return is_started ? nullptr : "no process could be made";
}

// The address that it serves, or why it serves none: it has no stderr to say it on.
void say_greeting(const RunFacts& facts) {
  if (facts.options.http.empty() || !tables::is_open()) return;
  Control& c = control();
  // Longer than an agent waits for the address of one that is ending.
  const uint64_t left = 6 * kSecond;
  if (!clone_child::wait_while(c.agent, layout::kNoAgent, left) ||
      !clone_child::wait_while(c.agent, layout::kAgentAttached, left)) {
    logging::Line(logging::Level::kError) << "PROFILER_HTTP: the agent does not answer";
    return;
  }
  size_t size = 0;
  while (size < sizeof c.greeting && c.greeting[size] != '\0') size++;
  if (size == 0) return;
  const bool bad = c.greeting_is_error.load(std::memory_order_relaxed) != 0;
  logging::Line(bad ? logging::Level::kError : logging::Level::kInfo)
      << std::string_view(c.greeting, size);
}

// After the end, or before a filter that forbids system calls, there is no agent to ask.
bool may_be_there() {
  const auto written = static_cast<uint32_t>(layout::State::kWritten);
  return tables::is_open() && tables::header().state.load(std::memory_order_relaxed) != written;
}

}  // namespace

bool is_wanted(const options::Options& o) {
  return o.interval_ns != 0 || o.delay_ns != 0 || o.duration_ns != 0 || !o.start || o.signal != 0 ||
         o.toggle_signal != 0 || !o.http.empty() || !o.push.empty();
}

void start(const RunFacts& facts, const char* const* environment) {
  const char* problem = start_it(facts, environment);
  spool::close_descriptors();
  if (problem == nullptr) return say_greeting(facts);
  logging::Line(logging::Level::kError)
      << problem << ": recording goes from the start to the end, and nothing is served or sent";
  if (tables::is_open()) program_control::set_recording(true);
}

void ask(std::atomic<uint32_t> Control::*what) {
  if (!may_be_there()) return;
  (control().*what).fetch_add(1, std::memory_order_relaxed);
  ask_to_look();
}

void ask_to_look() {
  if (!may_be_there()) return;
  control().requests.fetch_add(1, std::memory_order_release);
  wake(control().requests);
}

bool takes_the_end(const RunFacts& facts) {
  Control& c = control();
  if (c.end.load(std::memory_order_acquire) == layout::kEndOver) return true;
  // Only the agent knows what the files before had.
  if (facts.options.interval_ns == 0 || !facts.options.push.empty() ||
      c.agent.load(std::memory_order_acquire) == layout::kNoAgent) {
    return false;
  }
  c.end.store(layout::kEndAsked, std::memory_order_release);
  c.requests.fetch_add(1, std::memory_order_release);
  wake(c.requests);
  clone_child::wait_while(c.end, layout::kEndAsked, kSecond / 2);
  uint32_t asked = layout::kEndAsked;
  if (c.end.compare_exchange_strong(asked, layout::kEndOpen)) return false;  // it is gone
  clone_child::wait_while(c.end, layout::kEndTaken, facts.options.symbolize_time_ns + kSecond);
  return true;
}

void lets_it_finish(const RunFacts& facts) {
  Control& c = control();
  if (c.agent.load(std::memory_order_acquire) == layout::kNoAgent) return;
  if (!process::ends_its_namespace(facts.process.parent_pid)) return;
  c.closing.store(layout::kClosing, std::memory_order_release);
  c.requests.fetch_add(1, std::memory_order_release);
  wake(c.requests);
  clone_child::wait_while(c.closing, layout::kClosing, facts.options.symbolize_time_ns);
}

void goes_on() {
  uint32_t written = layout::kEndWritten;
  control().end.compare_exchange_strong(written, layout::kEndOpen);
}

}  // namespace agent_link
