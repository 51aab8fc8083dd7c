#include "preload/processes/symbolizer.h"

#include <fcntl.h>
#include <linux/prctl.h>
#include <sched.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/wait.h>

#include <atomic>

#include "collectors/unwind/loader.h"
#include "env/sys/arch.h"
#include "env/sys/descriptor_room.h"
#include "env/sys/log.h"
#include "env/sys/text.h"
#include "preload/processes/clone_child.h"
#include "preload/processes/profiler_program.h"

namespace symbolizer {

namespace {

constexpr size_t kStackSize = 64 * 1024;

// The whole environment of the program: the variables that say where its cache is. Hosts overwrite
// theirs, so these are copies.
constexpr std::string_view kVariables[] = {"PROFILER_CACHE=", "XDG_CACHE_HOME=", "HOME="};
constexpr size_t kVariableCount = sizeof kVariables / sizeof kVariables[0];
char variable_texts[kVariableCount][output_name::kPathSize];
const char* program_environment[kVariableCount + 1];

// What the go-between and the program that it starts need: filled before, read in their own stacks.
// They use the memory and the thread pointer of the thread that waits here, so they make system
// calls and nothing else.
struct Job {
  profiler_program::Program program;
  char time_limit[24];
  const char* arguments[profile_writer::Written::kMost + 7];
  std::atomic<int> pid;           // of the program, 0 until it runs
  int lines[2];                   // a pipe: what the program says on its stderr
  std::atomic<uint32_t> running;  // cleared and woken by the kernel when the go-between is gone
};

constinit Job job{};

// In a copy of everything but memory. Never returns.
int become_program(void*) {
  profiler_program::become(job.program, job.arguments, program_environment,
                           {.lines = job.lines[1]});
}

// Dies with the thread that waits for it, and holds none of the host's descriptors meanwhile.
int go_between(void* stack) {
  arch::syscall(SYS_prctl, PR_SET_PDEATHSIG, SIGKILL, 0L, 0L, 0L);
  profiler_program::close_all_but(job.program.descriptor, job.lines[1]);
  // The kernel reaps the program by itself then, and adds its time and memory to no process's
  // children. What would be its status comes through the pipe.
  profiler_program::ignore(SIGCHLD);
  const long pid = clone_child::start(become_program, static_cast<char*>(stack),
                                      CLONE_VM | CLONE_VFORK | CLONE_PARENT_SETTID | SIGCHLD,
                                      nullptr, &job.pid, nullptr);
  // Where Yama lets only ancestors read memory, the program may read this process's.
  if (pid > 0) arch::syscall(SYS_prctl, PR_SET_PTRACER, pid, 0L, 0L, 0L);
  if (pid > 0) arch::syscall(SYS_wait4, pid, 0L, 0, 0L);  // until it has ended
  return 0;
}

// True if the go-between ended before the time was over.
bool wait_for_end(uint64_t limit_ns) {
  return clone_child::wait_while(job.running, 1, limit_ns);
}

void arguments_for(const RunFacts& facts, const profile_writer::Written& written) {
  // Its own limit comes a tenth earlier, so that it can end in order.
  uint64_t limit_ms = facts.options.symbolize_time_ns / 10 * 9 / 1000000;
  if (limit_ms == 0) limit_ms = 1;
  text::Builder limit(job.time_limit);
  limit << limit_ms / 1000 << '.';
  for (uint64_t unit = 100; unit != 0; unit /= 10) {
    limit << static_cast<char>('0' + limit_ms / unit % 10);
  }
  unsigned n = 0;
  for (const char* word :
       {static_cast<const char*>(job.program.path), "symbolize", "--report", "--memory-of-parent",
        "--time-limit", static_cast<const char*>(job.time_limit)}) {
    job.arguments[n++] = word;
  }
  for (unsigned i = 0; i < written.count; i++) {
    if (written.file[i].addresses != 0) job.arguments[n++] = written.file[i].path;
  }
  job.arguments[n] = nullptr;
}

// What became of the names.
struct Result {
  const char* trouble = nullptr;  // why there are none; null: the program did its work
  const char* missing = nullptr;  // of that, what it could not name; null: nothing
};

// Its first line, and whether the last is "done".
Result read_report() {
  constexpr std::string_view kDone = "done\n", kName = "profiler: ";
  static char bytes[1024];
  char tail[kDone.size()] = {};
  size_t size = 0;
  char more[512];
  for (long n = 0; (n = arch::syscall(SYS_read, job.lines[0], more, sizeof more)) > 0;) {
    for (long i = 0; i < n; i++) {
      if (size < sizeof bytes - 1) bytes[size++] = more[i];
      __builtin_memmove(tail, tail + 1, sizeof tail - 1);
      tail[sizeof tail - 1] = more[i];
    }
  }
  const std::string_view report(bytes, size);
  if (report.empty()) return {"`profiler symbolize` could not be executed, or was killed"};
  if (report == kDone) return {};
  size_t end = text::find(report, "\n");
  if (end == text::kNowhere) end = report.size();
  bytes[end] = '\0';
  const char* line = bytes + (text::starts_with(report, kName) ? kName.size() : 0);
  const bool is_done = std::string_view(tail, sizeof tail) == kDone;
  return is_done ? Result{nullptr, line} : Result{line};
}

// Runs the job.
Result start_and_wait(uint64_t limit_ns) {
  constexpr const char* kNoProcess = "no process can be made for `profiler symbolize`";
  const long memory = arch::syscall(SYS_mmap, 0L, 2 * kStackSize, PROT_READ | PROT_WRITE,
                                    MAP_PRIVATE | MAP_ANONYMOUS | MAP_STACK, -1, 0L);
  if (arch::is_error(memory)) return {kNoProcess};
  char* stacks = reinterpret_cast<char*>(memory);
  job.pid.store(0);
  job.running.store(1);
  // Signals stay with the host: the go-between is born with all of them blocked.
  const uint64_t all = ~uint64_t{0};
  uint64_t before = 0;
  arch::syscall(SYS_rt_sigprocmask, SIG_SETMASK, &all, &before, 8);
  const long pid =
      clone_child::start(go_between, stacks + kStackSize, CLONE_VM | CLONE_CHILD_CLEARTID,
                         stacks + 2 * kStackSize, nullptr, &job.running);
  bool ended = false, in_time = false;
  if (pid > 0) {
    ended = in_time = wait_for_end(limit_ns);
    if (!ended) {
      // Known before the program runs (CLONE_PARENT_SETTID); 0 would be the host's whole group.
      const int program = job.pid.load(std::memory_order_acquire);
      if (program > 0) arch::syscall(SYS_kill, program, SIGKILL);
      ended = wait_for_end(1000000000);
    }
    if (ended) arch::syscall(SYS_wait4, pid, 0L, __WCLONE, 0L);
  }
  arch::syscall(SYS_rt_sigprocmask, SIG_SETMASK, &before, 0L, 8);
  // A go-between that could not be ended still stands on its stack.
  if (pid <= 0 || ended) arch::syscall(SYS_munmap, memory, 2 * kStackSize);
  if (pid <= 0) return {kNoProcess};
  return in_time ? read_report() : Result{"names took longer than PROFILER_SYMBOLIZE_TIME"};
}

bool open_pipe() {
  const StandardPlaces above;
  return arch::syscall(SYS_pipe2, job.lines, O_CLOEXEC | O_NONBLOCK) == 0;
}

void close_pipe() {
  for (const int end : job.lines) arch::syscall(SYS_close, end);
}

// Of all dumps one line of each kind; of the files of the end always.
bool has_said_trouble, has_said_missing;

bool may_say(const RunFacts& facts, const profile_writer::Written& written, bool& has_said) {
  if (!facts.first_process || (has_said && !written.last)) return false;
  has_said = true;
  return true;
}

void say_how_to_finish(const RunFacts& facts, const profile_writer::Written& written,
                       const char* reason) {
  if (!may_say(facts, written, has_said_trouble)) return;
  logging::Line line(logging::Level::kError);
  line << reason << ": the files have addresses only; to add names: profiler symbolize";
  for (unsigned i = 0; i < written.count; i++) line << " " << written.file[i].path;
}

}  // namespace

void remember_cache(const char* const* environment) {
  unsigned count = 0;
  for (; *environment != nullptr; environment++) {
    for (const std::string_view name : kVariables) {
      if (!text::starts_with(*environment, name) || count == kVariableCount) continue;
      char(&room)[output_name::kPathSize] = variable_texts[count];
      if ((text::Builder(room) << *environment).cut()) continue;
      program_environment[count++] = room;
    }
  }
}

void run(const RunFacts& facts, const profile_writer::Written& written) {
  uint64_t addresses = 0;
  for (unsigned i = 0; i < written.count; i++) addresses += written.file[i].addresses;
  if (addresses == 0 || facts.options.symbolize == options::Symbolize::kNone) return;
  // Valgrind ends a program that makes such a child.
  if (loader::is_valgrind()) {
    return say_how_to_finish(facts, written, "under valgrind names are not looked up");
  }
  // The go-between would be the init of that namespace, and its end the end of the program's
  // children.
  if (process::has_children_elsewhere()) {
    return say_how_to_finish(facts, written, "children are born in another pid namespace");
  }
  if (!profiler_program::open(facts.process.start_directory, job.program)) {
    return say_how_to_finish(facts, written, job.program.problem);
  }
  arguments_for(facts, written);
  Result result{"no descriptor is free for `profiler symbolize`"};
  if (open_pipe()) {
    result = start_and_wait(facts.options.symbolize_time_ns);
    close_pipe();
  }
  profiler_program::close(job.program);
  if (result.trouble != nullptr) say_how_to_finish(facts, written, result.trouble);
  if (result.missing == nullptr || !may_say(facts, written, has_said_missing)) return;
  logging::Line line(logging::Level::kError);
  line << result.missing;
}

}  // namespace symbolizer
