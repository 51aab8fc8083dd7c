// The walk at every instruction: prologues, epilogues, PLT entries, the loader's binding. The trap
// flag of the processor interrupts after each one; libunwind judges from the same registers.
#include <signal.h>
#include <ucontext.h>

#include <catch2/catch.hpp>
#include <cstdio>
#include <string>

#include "tests/unit/collectors/walk_judge.h"
#include "tests/unit/collectors/walk_targets.h"

namespace {

struct Count {
  int steps, whole, equal;
  std::string first_difference;
};
Count count;
bool with_judge;

void note_difference(const Pcs& judge, const StackTrace& trace) {
  char text[64];
  for (const uint64_t pc : judge) {
    snprintf(text, sizeof text, " %lx", pc);
    count.first_difference += text;
  }
  count.first_difference += " / ours:";
  for (const uint64_t pc : pcs_of(trace)) {
    snprintf(text, sizeof text, " %lx", pc);
    count.first_difference += text;
  }
}

void on_step(int, siginfo_t*, void* context) {
  const auto pc =
      static_cast<uint64_t>(static_cast<const ucontext_t*>(context)->uc_mcontext.gregs[REG_RIP]);
  if (objects::is_own(pc)) return;
  BorrowedBuffer buffer;
  stack_trace::capture_context(context, *buffer);
  count.steps++;
  count.whole += (*buffer).trace.flags == 0;
  int end = 1;
  const Pcs judge = with_judge ? judged(static_cast<unw_context_t*>(context), &end) : Pcs();
  const bool equal = pcs_of((*buffer).trace) == judge;
  count.equal += equal;
  if (!equal && count.first_difference.empty()) note_difference(judge, (*buffer).trace);
}

void leaf() {
  asm volatile("nop");
}

void step_through(void (*target)(int, Leaf), int depth) {
  count = {};
  struct sigaction action {};
  struct sigaction old {};
  action.sa_sigaction = on_step;
  action.sa_flags = SA_SIGINFO;
  sigaction(SIGTRAP, &action, &old);
  // The flags are pushed below the red zone of this function, which has none: it calls.
  asm volatile("pushf; orq $0x100, (%%rsp); popf" : : : "memory", "cc");
  target(depth, leaf);
  asm volatile("pushf; andq $~0x100, (%%rsp); popf" : : : "memory", "cc");
  sigaction(SIGTRAP, &old, nullptr);
}

struct Target {
  const char* name;
  void (*run)(int, Leaf);
  // libunwind 1.6.2 dies of what g++ says at the end of functions that realign their stack.
  bool has_judge = true;
  int excused = 0;
};

}  // namespace

TEST_CASE("at every instruction the walk is whole and as libunwind's") {
  const Target target = GENERATE(
      Target{"nested", nested}, Target{"alloca", with_alloca},
      Target{"realigned", realigned, false},
      Target{"realigned with alloca", realigned_alloca, false}, Target{"handler", in_handler},
      // The rules of glibc's __start_context name a return address where there is none.
      Target{"fiber", on_fiber, true, 40});
  Walks walks;
  with_judge = target.has_judge;
  step_through(target.run, 3);
  INFO(target.name << ": " << count.first_difference);
  CHECK(count.steps > 20);
  CHECK(count.whole >= count.steps - target.excused);
  if (with_judge) CHECK(count.equal >= count.steps - target.excused);
}

// libgcc installs the registers of the frame that it jumps to in the slots of its own frame before
// it leaves: for some 100 instructions no reader of .eh_frame can know where it came from.
TEST_CASE("while an exception is thrown, nearly every walk is whole and all end") {
  Walks walks;
  with_judge = false;
  step_through(in_destructor, 2);
  INFO(count.steps << " steps, " << count.whole << " whole");
  CHECK(count.steps > 5000);
  CHECK(count.whole > 0.97 * count.steps);
}
