#include "tests/unit/collectors/unwind/step/stepper.h"

#include <dlfcn.h>
#include <sched.h>
#include <signal.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/user.h>
#include <sys/wait.h>
#include <ucontext.h>
#include <unistd.h>

#include <cstdio>

#include "collectors/unwind/stack_trace.h"
#include "env/sys/thread_state.h"
#include "tests/unit/collectors/unwind/step/call_stack.h"

namespace step {

namespace {

// The nearest exported name of an object, and the distance from it (or from the object's start).
std::string name_of(uint64_t pc, uint64_t* offset) {
  Dl_info info{};
  const auto* address = reinterpret_cast<const void*>(pc);
  *offset = pc;
  if (dladdr(address, &info) == 0 || info.dli_fname == nullptr) return "?";
  const char* slash = strrchr(info.dli_fname, '/');
  const bool named = info.dli_sname != nullptr;
  *offset = pc - reinterpret_cast<uint64_t>(named ? info.dli_saddr : info.dli_fbase);
  return std::string(slash == nullptr ? info.dli_fname : slash + 1) + ":" +
         (named ? info.dli_sname : "");
}

std::string list_of(const uint64_t* pcs, size_t count) {
  std::string text;
  for (size_t i = 0; i < count; i++) {
    uint64_t offset;
    char number[32];
    text += " " + name_of(pcs[i], &offset);
    snprintf(number, sizeof number, "+0x%lx", offset);
    text += number;
  }
  return text;
}

ucontext_t context_of(const user_regs_struct& r) {
  ucontext_t context{};
  greg_t* g = context.uc_mcontext.gregs;
  const auto set = [g](int place, unsigned long long value) {
    g[place] = static_cast<greg_t>(value);
  };
  set(REG_RAX, r.rax), set(REG_RBX, r.rbx), set(REG_RCX, r.rcx), set(REG_RDX, r.rdx);
  set(REG_RSI, r.rsi), set(REG_RDI, r.rdi), set(REG_RBP, r.rbp), set(REG_RSP, r.rsp);
  set(REG_R8, r.r8), set(REG_R9, r.r9), set(REG_R10, r.r10), set(REG_R11, r.r11);
  set(REG_R12, r.r12), set(REG_R13, r.r13), set(REG_R14, r.r14), set(REG_R15, r.r15);
  set(REG_RIP, r.rip);
  return context;
}

// As the host's thread would be known, were it on the stepped stack.
class OnStack {
 public:
  OnStack(const Stacks& stacks, unsigned name, bool is_known)
      : low_(thread_state.stack_low), high_(thread_state.stack_high) {
    thread_state.stack_low = thread_state.stack_high = 0;
    if (!is_known) return;
    thread_state.stack_low = reinterpret_cast<uint64_t>(stacks.low(name));
    thread_state.stack_high = reinterpret_cast<uint64_t>(stacks.high(name));
  }
  ~OnStack() {
    thread_state.stack_low = low_;
    thread_state.stack_high = high_;
  }
  OnStack(const OnStack&) = delete;
  OnStack& operator=(const OnStack&) = delete;

 private:
  uint64_t low_, high_;
};

class Tracer {
 public:
  Tracer(pid_t child, const Loaded& loaded, Way way) : child_(child), loaded_(loaded), way_(way) {}

  Outcome run(const Stacks& stacks) {
    CallStack calls(stacks);
    if (!wait_for_start()) return outcome_;
    while (outcome_.failure.empty() && regs_.rip != loaded_.end) {
      if (stacks.holding(regs_.rsp) == Stacks::kCount) {
        fail("left the known stacks");
      } else if (!advance(calls)) {
        break;
      }
      if (way_ != Way::kSignals || calls.is_handling()) judge(stacks, calls.expected(position()));
    }
    return outcome_;
  }

 private:
  Position position() const { return {regs_.rip, regs_.rsp}; }

  bool fail(const char* what) {
    const uint64_t at = regs_.rip;
    const std::string place = list_of(&at, 1);
    outcome_.failure = what + (" at" + place);
    return false;
  }

  bool wait_for_start() {
    int status;
    if (waitpid(child_, &status, 0) != child_ || !WIFSTOPPED(status))
      return fail("not stopped (may it be traced?)");
    if (WSTOPSIG(status) != SIGTRAP) return fail(strsignal(WSTOPSIG(status)));
    return ptrace(PTRACE_GETREGS, child_, nullptr, &regs_) == 0 || fail("no registers");
  }

  // One step, which is an instruction or the beginning of a handler.
  bool advance(CallStack& calls) {
    const Position before = position();
    if (way_ == Way::kSignals && !calls.is_handling()) {
      has_interrupted_ = !has_interrupted_;
      signal_ = has_interrupted_ ? SIGUSR1 : 0;
    }
    const bool delivers = signal_ != 0;
    const Instruction instruction = instruction_at(before.pc);
    int status;
    if (ptrace(PTRACE_SINGLESTEP, child_, nullptr, static_cast<long>(signal_)) != 0 ||
        waitpid(child_, &status, 0) != child_) {
      return fail("cannot step");
    }
    signal_ = 0;
    if (!WIFSTOPPED(status)) return fail("ended");
    if (WSTOPSIG(status) == SIGSEGV || WSTOPSIG(status) == SIGABRT) return fail("died");
    if (ptrace(PTRACE_GETREGS, child_, nullptr, &regs_) != 0) return fail("no registers");
    // No target handles SIGCHLD.
    if (WSTOPSIG(status) != SIGTRAP && WSTOPSIG(status) != SIGCHLD) signal_ = WSTOPSIG(status);
    has_called_ = instruction == Instruction::kCall && !delivers && regs_.rsp == before.sp - 8;
    if (delivers) {
      interrupted_ = before.pc;
      calls.interrupted(before, position());
    } else {
      calls.stepped(before, position(), instruction);
    }
    return true;
  }

  void judge(const Stacks& stacks, const std::vector<uint64_t>& expected) {
    const OnStack on(stacks, stacks.holding(regs_.rsp), way_ != Way::kUnknownStack);
    const ucontext_t context = context_of(regs_);
    BorrowedBuffer buffer;
    stack_trace::capture_context(&context, *buffer);
    outcome_.steps++;
    outcome_.right += judge_trace((*buffer).trace, expected.data(), expected.size(), "");
    if (!has_called_) return;
    // As from an interposer whose first instruction this were.
    const auto* return_address = reinterpret_cast<const uint64_t*>(regs_.rsp);
    KnownRegisters below;
    stack_trace::take_registers_here(below);
    stack_trace::capture_caller({*return_address, regs_.rsp + 8, regs_.rbp}, below, *buffer);
    // A walk that needs more registers than these begins again with those of this process, which
    // cannot be the child's: not judged.
    const StackTrace& trace = (*buffer).trace;
    if (trace.depth == 0 || trace.pc[0] != expected[1]) return;
    outcome_.calls++;
    outcome_.calls_right +=
        judge_trace(trace, expected.data() + 1, expected.size() - 1, "call of ");
  }

  bool judge_trace(const StackTrace& trace, const uint64_t* expected, size_t count,
                   const char* from) {
    if (trace.flags == 0 && trace.depth == count &&
        memcmp(trace.pc, expected, count * sizeof trace.pc[0]) == 0) {
      return true;
    }
    uint64_t offset;
    const uint64_t at = way_ == Way::kSignals ? interrupted_ : regs_.rip;
    Wrong& wrong = outcome_.wrong[from + name_of(at, &offset)];
    wrong.walks++;
    wrong.offsets.insert(offset);
    if (outcome_.first_wrong.empty()) {
      outcome_.first_wrong = "expected" + list_of(expected, count) + "\n  walked" +
                             list_of(trace.pc, trace.depth) + " flags " +
                             std::to_string(trace.flags);
    }
    return false;
  }

  const pid_t child_;
  const Loaded& loaded_;
  const Way way_;
  bool has_interrupted_ = false;
  bool has_called_ = false;  // by the last step
  int signal_ = 0;
  uint64_t interrupted_ = 0;
  user_regs_struct regs_{};
  Outcome outcome_;
};

[[noreturn]] void be_stepped(const Loaded& loaded, const Target& target, const Stacks& stacks) {
  prctl(PR_SET_PDEATHSIG, SIGKILL);
  struct sigaction action {};
  action.sa_handler = loaded.handler;
  sigaction(SIGUSR1, &action, nullptr);
  ptrace(PTRACE_TRACEME, 0, nullptr, nullptr);
  // Not the very top, which is the next stack.
  loaded.enter(stacks.high(Stacks::kMain) - 64, target.run, &stacks);
  _exit(1);
}

}  // namespace

Outcome run(const Loaded& loaded, const Target& target, Way way) {
  const Stacks stacks;
  Outcome outcome;
  // On one processor the two take turns without waking another one.
  cpu_set_t all;
  cpu_set_t one;
  sched_getaffinity(0, sizeof all, &all);
  CPU_ZERO(&one);
  CPU_SET(static_cast<unsigned>(sched_getcpu()), &one);
  sched_setaffinity(0, sizeof one, &one);
  const pid_t child = stacks.are_there() ? fork() : -1;
  if (child == 0) be_stepped(loaded, target, stacks);
  if (child > 0) {
    outcome = Tracer(child, loaded, way).run(stacks);
    kill(child, SIGKILL);
    waitpid(child, nullptr, 0);
  } else {
    outcome.failure = "no memory or no child";
  }
  sched_setaffinity(0, sizeof all, &all);
  return outcome;
}

}  // namespace step
