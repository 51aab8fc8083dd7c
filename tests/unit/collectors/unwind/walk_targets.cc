// Frames to walk through, in an object of their own: the walk leaves out the frames of the object
// that it is part of, which in the unit tests is the test program.
#include "tests/unit/collectors/unwind/walk_targets.h"

#include <alloca.h>
#include <pthread.h>
#include <signal.h>
#include <string.h>
#include <ucontext.h>

#include <stdexcept>
#include <vector>

// Nothing after a call may be a tail jump, and no frame pointer but where it is asked for.
#define TARGET __attribute__((noinline, visibility("default")))
#define USED(value) asm volatile("" : : "g"(value) : "memory")

namespace {

Leaf leaf_of_handler;

void on_signal(int) {
  leaf_of_handler();
  USED(0);
}

ucontext_t back, fiber;
Leaf leaf_of_fiber;

void run_fiber() {
  leaf_of_fiber();
  USED(0);
}

void* run_thread(void* leaf) {
  reinterpret_cast<Leaf>(leaf)();
  USED(0);
  return nullptr;
}

struct Caller {
  Leaf leaf;
  ~Caller() {
    leaf();
    USED(0);
  }
};

volatile bool always = true;  // or the compiler sees that nothing returns

TARGET void thrower() {
  if (always) throw std::runtime_error("for the walk");
}

}  // namespace

TARGET void nested(int depth, Leaf leaf) {
  if (depth == 0) {
    leaf();
  } else {
    nested(depth - 1, leaf);
  }
  USED(depth);
}

TARGET void with_alloca(int depth, Leaf leaf) {
  auto* bytes = static_cast<char*>(alloca(static_cast<size_t>(100 + depth * 37)));
  memset(bytes, depth, 100);
  USED(bytes);
  if (depth == 0) {
    leaf();
  } else {
    with_alloca(depth - 1, leaf);
  }
  USED(bytes);
}

TARGET void realigned(int depth, Leaf leaf) {
  alignas(64) volatile char bytes[128];
  bytes[0] = static_cast<char>(depth);
  USED(bytes);
  if (depth == 0) {
    leaf();
  } else {
    realigned(depth - 1, leaf);
  }
  USED(bytes);
}

// An alignment and a size that is not known: the CFA is found through memory.
TARGET void realigned_alloca(int depth, Leaf leaf) {
  alignas(64) volatile char bytes[64];
  auto* more = static_cast<char*>(alloca(static_cast<size_t>(64 + depth * 16)));
  bytes[0] = more[0] = 1;
  USED(bytes);
  USED(more);
  if (depth == 0) {
    leaf();
  } else {
    realigned_alloca(depth - 1, leaf);
  }
  USED(bytes);
}

TARGET void in_handler(int depth, Leaf leaf) {
  leaf_of_handler = leaf;
  struct sigaction action {};
  struct sigaction old {};
  action.sa_handler = on_signal;
  sigaction(SIGUSR1, &action, &old);
  if (depth == 0) {
    raise(SIGUSR1);
  } else {
    in_handler(depth - 1, leaf);
  }
  sigaction(SIGUSR1, &old, nullptr);
}

TARGET void in_handler_on_other_stack(int depth, Leaf leaf) {
  std::vector<char> stack(256 * 1024);
  leaf_of_handler = leaf;
  stack_t alternate{};
  stack_t old_stack{};
  alternate.ss_sp = stack.data();
  alternate.ss_size = stack.size();
  sigaltstack(&alternate, &old_stack);
  struct sigaction action {};
  struct sigaction old {};
  action.sa_handler = on_signal;
  action.sa_flags = SA_ONSTACK;
  sigaction(SIGUSR1, &action, &old);
  for (int i = 0; i <= depth; i += 1 + depth) raise(SIGUSR1);
  sigaction(SIGUSR1, &old, nullptr);
  sigaltstack(&old_stack, nullptr);
}

TARGET void on_fiber(int, Leaf leaf) {
  alignas(16) static char stack[128 * 1024];
  leaf_of_fiber = leaf;
  getcontext(&fiber);
  fiber.uc_stack.ss_sp = stack;
  fiber.uc_stack.ss_size = sizeof stack;
  fiber.uc_link = &back;
  makecontext(&fiber, run_fiber, 0);
  swapcontext(&back, &fiber);
}

asm(R"(
  .text
  .globl without_rules
  .type without_rules, @function
without_rules:
  push %rbp
  mov %rsp, %rbp
  call *%rsi
  pop %rbp
  ret
  .size without_rules, . - without_rules
)");

TARGET void in_thread(int, Leaf leaf) {
  pthread_t thread;
  if (pthread_create(&thread, nullptr, run_thread, reinterpret_cast<void*>(leaf)) == 0) {
    pthread_join(thread, nullptr);
  }
}

TARGET void while_throwing(int depth, Leaf leaf) {
  Caller caller{leaf};
  if (depth == 0) {
    thrower();
  } else {
    while_throwing(depth - 1, leaf);
  }
  USED(depth);
}

TARGET void in_destructor(int depth, Leaf leaf) {
  try {
    while_throwing(depth, leaf);
  } catch (const std::runtime_error&) {
    leaf();
  }
  USED(depth);
}
