// Nanoseconds a stack: the walk from a hook and from a signal's context, warm and with empty
// caches, beside unw_backtrace, unw_step, glibc's backtrace and a bare frame-pointer walk. All take
// turns in each round; the medians of the rounds are printed. usage: bench_walk [ROUNDS]
#define UNW_LOCAL_ONLY
#include <dlfcn.h>
#include <libunwind.h>
#include <signal.h>
#include <sys/mman.h>
#include <ucontext.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <map>
#include <string>
#include <vector>

#include "collectors/life/thread.h"
#include "collectors/unwind/objects.h"
#include "collectors/unwind/stack_trace.h"
#include "tables/tables.h"
#include "tests/bench/walk_frames.h"

#define USED(value) asm volatile("" : : "g"(value) : "memory")

namespace {

int rounds = 21;
int depth_index;
void* context;  // of the interrupted leaf; null in a hook
struct Result {
  std::vector<double> ns;
  int frames = 0;
};
std::map<std::string, Result> results;

template <typename Walk>
void measure(const char* name, int repeats, Walk walk) {
  int frames = 0;
  const auto start = std::chrono::steady_clock::now();
  for (int i = 0; i < repeats; i++) frames = walk();
  const std::chrono::duration<double, std::nano> taken = std::chrono::steady_clock::now() - start;
  Result& result = results[name];
  result.ns.push_back(taken.count() / repeats);
  result.frames = frames;
}

int by_unw_backtrace() {
  void* pcs[512];
  return unw_backtrace(pcs, 512);
}

// glibc's own: libunwind exports one of the same name, which comes first.
int by_backtrace() {
  static const auto of_libc =
      reinterpret_cast<int (*)(void**, int)>(dlsym(dlopen("libc.so.6", RTLD_LAZY), "backtrace"));
  void* pcs[512];
  return of_libc(pcs, 512);
}

int by_unw_step() {
  unw_context_t here;
  unw_cursor_t cursor;
  if (context == nullptr) {
    unw_getcontext(&here);
    unw_init_local(&cursor, &here);
  } else {
    unw_init_local2(&cursor, static_cast<unw_context_t*>(context), UNW_INIT_SIGNAL_FRAME);
  }
  int frames = 0;
  unw_word_t pc = 0;
  do {
    unw_get_reg(&cursor, UNW_REG_IP, &pc);
    USED(pc);
    frames++;
  } while (unw_step(&cursor) > 0);
  return frames;
}

int by_frame_pointer(const void* first) {
  uint64_t pcs[512];
  int frames = 0;
  for (const auto* frame = static_cast<const uint64_t*>(first); frame != nullptr && frames < 512;) {
    pcs[frames++] = frame[1];
    const auto* next = reinterpret_cast<const uint64_t*>(frame[0]);
    frame = next > frame && next < frame + 65536 ? next : nullptr;
  }
  USED(pcs);
  return frames;
}

// The frames of this program are walked but left out, so fewer are counted.
int whole(const StackTrace& trace) {
  if (trace.flags != 0) abort();
  return static_cast<int>(trace.depth);
}

__attribute__((noinline, optimize("no-omit-frame-pointer"))) void leaf() {
  const Caller caller = CALLER_OF_THIS_FUNCTION();
  BorrowedBuffer buffer;
  const auto ours = [&] {
    if (context == nullptr) {
      KnownRegisters below;
      stack_trace::take_registers_here(below);
      stack_trace::capture_caller(caller, below, *buffer);
    } else {
      stack_trace::capture_context(context, *buffer);
    }
    return whole((*buffer).trace);
  };
  const char* cold[] = {"ours, nothing known", "unw_step, nothing known"};
  stack_trace::forget_code();
  measure(cold[0], 1, ours);
  measure("ours", 2000, ours);
  measure("ours, no reuse", 2000, [&] {
    (*buffer).last.generation = 0;
    return ours();
  });
  measure("unw_backtrace", 500, by_unw_backtrace);
  measure("backtrace", 30, by_backtrace);
  measure("unw_step", 20, by_unw_step);
  unw_flush_cache(unw_local_addr_space, 0, 0);
  measure(cold[1], 1, by_unw_step);
  by_unw_backtrace();
}

__attribute__((noinline, optimize("no-omit-frame-pointer"))) void framed_leaf() {
  const void* first = __builtin_frame_address(0);
  measure("frame pointers", 2000, [&] { return by_frame_pointer(first); });
}

void on_signal(int, siginfo_t*, void* interrupted) {
  context = interrupted;
  leaf();
  context = nullptr;
}

// The instruction after the system call is what the signal interrupts.
void signalled_leaf() {
  raise(SIGUSR1);
}

void print(const char* where) {
  printf("%s, depth %d\n", where, kDepths[depth_index]);
  for (auto& [name, result] : results) {
    std::sort(result.ns.begin(), result.ns.end());
    printf("  %-24s %9.0f ns  (%d frames)\n", name.c_str(), result.ns[result.ns.size() / 2],
           result.frames);
  }
  results.clear();
}

void open_tables() {
  constexpr size_t kSize = 16 << 20;
  void* memory = mmap(nullptr, kSize, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  if (memory == MAP_FAILED) abort();
  static std::atomic<uint32_t> alive{1};
  tables::alive = &alive;
  tables::open(static_cast<char*>(memory), kSize, kSize, getpid());
  tables::header().program = tables::text("bench_walk");
}

}  // namespace

int main(int argc, char** argv) {
  if (argc > 1) rounds = atoi(argv[1]);
  open_tables();
  objects::start();
  threads::begin_main(*threads::acquire());
  struct sigaction action {};
  action.sa_sigaction = on_signal;
  action.sa_flags = SA_SIGINFO;
  sigaction(SIGUSR1, &action, nullptr);
  for (depth_index = 0; depth_index < 3; depth_index++) {
    for (int i = 0; i < rounds; i++) {
      at_depth(depth_index, leaf);
      at_depth_with_frame_pointers(depth_index, framed_leaf);
    }
    print("from a hook");
    for (int i = 0; i < rounds; i++) at_depth(depth_index, signalled_leaf);
    print("from a signal's context");
  }
  return 0;
}
