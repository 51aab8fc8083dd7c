// Frames of libc, libgcc and the kernel: string functions chosen at run time, the vdso, signals,
// fibers, exceptions.
#include <pthread.h>
#include <setjmp.h>
#include <signal.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <ucontext.h>
#include <unistd.h>

#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <ctime>
#include <stdexcept>
#include <string>

#include "tests/unit/collectors/unwind/step/targets.h"

#define TARGET __attribute__((noinline, visibility("default")))
#define USED(value) asm volatile("" : : "g"(value) : "memory")

namespace step {

TARGET int leaf(int n);
TARGET int nest(int depth);

TARGET void strings(const Stacks&) {
  char from[600];
  char to[600];
  for (const size_t size : {0, 3, 15, 31, 64, 100, 300, 599}) {
    memset(from, 'a', size);
    from[size] = 0;
    USED(strlen(from));
    memcpy(to, from, size + 1);
    memmove(to + 1, to, size);
    USED(strcmp(from, to));
    USED(strchr(to, 'b'));
    USED(memcmp(from, to, size));
  }
}

TARGET int by_value(const void* a, const void* b) {
  return leaf(*static_cast<const int*>(a)) - *static_cast<const int*>(b);
}

TARGET void libc_at_large(const Stacks&) {
  char text[128];
  snprintf(text, sizeof text, "%d %s %.3f %lx", 42, "words", 2.5, 77ul);
  USED(strtod(text, nullptr));
  int numbers[] = {5, 3, 8, 1};
  qsort(numbers, 4, sizeof numbers[0], by_value);
  void* memory = malloc(3000);
  USED(memory);
  memory = realloc(memory, 9000);
  free(memory);
  USED(getenv("NO_SUCH_NAME"));
  std::string words(text);
  words += words + words;
  USED(words.data());
}

TARGET void clocks(const Stacks&) {
  timespec t;
  timeval v;
  clock_gettime(CLOCK_MONOTONIC, &t);
  clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
  gettimeofday(&v, nullptr);
  USED(time(nullptr));
}

TARGET void on_signal(int signal) {
  USED(nest(1));
  if (signal == SIGUSR2) kill(getpid(), SIGHUP);
  USED(0);
}

TARGET void send(int signal, void (*handler)(int), int flags) {
  struct sigaction action {};
  action.sa_handler = handler;
  action.sa_flags = flags;
  sigaction(signal, &action, nullptr);
  kill(getpid(), signal);
  USED(0);
}

// The second signal comes while the first is handled.
TARGET void handler(const Stacks&) {
  signal(SIGHUP, on_signal);
  send(SIGUSR1, on_signal, 0);
  send(SIGUSR2, on_signal, SA_SIGINFO);
}

TARGET void have_other_stack(const Stacks& stacks) {
  stack_t alternate{};
  alternate.ss_sp = stacks.low(Stacks::kAlternate);
  alternate.ss_size = Stacks::kSize;
  sigaltstack(&alternate, nullptr);
}

TARGET void handler_on_other_stack(const Stacks& stacks) {
  have_other_stack(stacks);
  signal(SIGHUP, on_signal);
  send(SIGUSR1, on_signal, SA_ONSTACK);
  send(SIGUSR2, on_signal, SA_ONSTACK);
}

sigjmp_buf before_signal;

TARGET void jump_out(int) {
  siglongjmp(before_signal, 1);
}

TARGET void handler_left_by_jump(const Stacks& stacks) {
  have_other_stack(stacks);
  for (const int flags : {0, SA_ONSTACK}) {
    if (sigsetjmp(before_signal, 1) == 0) send(SIGUSR1, jump_out, flags);
    USED(nest(1));
  }
}

ucontext_t of_main, of_fiber, of_other_fiber;

TARGET void run_fiber() {
  USED(nest(1));
  swapcontext(&of_fiber, &of_other_fiber);
  USED(nest(1));
}

TARGET void run_other_fiber(int n) {
  USED(nest(n));
  swapcontext(&of_other_fiber, &of_fiber);
}

TARGET void make(ucontext_t& context, const Stacks& stacks, unsigned name) {
  getcontext(&context);
  context.uc_stack.ss_sp = stacks.low(name);
  context.uc_stack.ss_size = Stacks::kSize;
  context.uc_link = &of_main;
}

TARGET void fibers(const Stacks& stacks) {
  make(of_fiber, stacks, Stacks::kFiber);
  makecontext(&of_fiber, run_fiber, 0);
  make(of_other_fiber, stacks, Stacks::kOtherFiber);
  makecontext(&of_other_fiber, reinterpret_cast<void (*)()>(run_other_fiber), 1, 1);
  swapcontext(&of_main, &of_fiber);
  USED(nest(1));
}

TARGET void* be_thread(void*) {
  return nullptr;
}

// Only the caller is stepped; what it begins runs on by itself.
TARGET void other_processes(const Stacks&) {
  const pid_t child = vfork();
  if (child == 0) _exit(0);
  USED(waitpid(child, nullptr, 0));
  pthread_t thread;
  if (pthread_create(&thread, nullptr, be_thread, nullptr) == 0) pthread_join(thread, nullptr);
  USED(nest(1));
}

struct Watcher {
  ~Watcher() { USED(leaf(0)); }
};

volatile bool always = true;  // or the compiler sees that nothing returns

TARGET int throw_below(int depth) {
  const Watcher watcher;
  if (depth == 0 && always) throw std::runtime_error("for the walk");
  const int result = throw_below(depth - 1);
  USED(result);
  return result;
}

TARGET int throw_again() {
  try {
    return throw_below(4);
  } catch (const std::exception&) {
    USED(leaf(1));
    throw;
  }
}

TARGET void throwing(const Stacks&) {
  try {
    USED(throw_again());
  } catch (...) {
    USED(leaf(2));
  }
}

}  // namespace step

void step::step_handler(int) {}

const step::Target step::step_targets[] = {
    {"nested", step::nested, false},
    {"frame pointer", step::with_frame_pointer, false},
    {"alloca", step::with_alloca, false},
    {"realigned", step::realigned, false},
    {"realigned with alloca", step::realigned_alloca, false},
    {"many registers", step::many_registers, false},
    {"large frame", step::large_frame, false},
    {"red zone", step::red_zone, false},
    {"switch", step::switched, false},
    {"cold part", step::cold_split, false},
    {"many arguments", step::many_arguments, false},
    {"sibling calls", step::sibling_calls, false},
    {"noreturn call at the end", step::noreturn_at_end, false},
    {"thread-local", step::thread_local_dynamic, false},
    {"assembly", step::assembly, true},
    {"assembly without rules", step::assembly_without_rules, true},
    {"assembly with a frame pointer and no rules", step::assembly_frame_pointer, true},
    {"strings", step::strings, true},
    {"libc at large", step::libc_at_large, true},
    {"clocks", step::clocks, true},
    {"handler", step::handler, true},
    {"handler on another stack", step::handler_on_other_stack, true},
    {"handler left by a jump", step::handler_left_by_jump, true},
    {"fibers", step::fibers, true},
    {"vfork and a thread", step::other_processes, true},
    {"exception", step::throwing, true},
    {nullptr, nullptr, false}};
