// libjudge.so, a preload library: at each tick of a process' CPU time the interrupted stack is
// walked by ours and by libunwind, and what they do not agree on is kept (scripts/judge stacks).
// Environment: JUDGE_OUTPUT, a directory for the reports.
#include <link.h>
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/single_threaded.h>
#include <time.h>
#include <unistd.h>

#include "collectors/life/thread.h"
#include "collectors/unwind/objects.h"
#include "env/sys/real.h"
#include "env/sys/thread_state.h"
#include "tables/tables.h"
#include "tests/bench/judge_libunwind.h"
#include "tests/bench/judge_report.h"

namespace judge {

namespace {

constexpr long kTickNs = 1000000;
constexpr unsigned kColdEvery = 16;

Report* report;
TheirStack theirs;
std::atomic<bool> busy;

int tick_number() {
  return SIGRTMAX - 3;
}

void add(Count count, uint64_t n = 1) {
  report->counts[count].fetch_add(n, std::memory_order_relaxed);
}

uint64_t now_ns() {
  timespec t;
  clock_gettime(CLOCK_MONOTONIC, &t);
  return static_cast<uint64_t>(t.tv_sec) * 1000000000u + static_cast<uint64_t>(t.tv_nsec);
}

bool is_new_pc(uint64_t pc) {
  for (uint64_t i = pc * 0x9e3779b97f4a7c15u >> 48, tries = 0; tries < 64; i++, tries++) {
    std::atomic<uint64_t>& place = report->pcs[i % kMostPcs];
    if (place.load(std::memory_order_relaxed) == pc) return false;
    if (place.load(std::memory_order_relaxed) == 0) {
      place.store(pc, std::memory_order_relaxed);
      return true;
    }
  }
  return false;
}

void note_pcs(const StackTrace& trace) {
  for (uint32_t i = 0; i < trace.depth; i++) {
    if (is_new_pc(trace.pc[i])) add(kPcsMet);
  }
  if (trace.flags != 0 || trace.depth == 0) return;
  const uint64_t last = trace.pc[trace.depth - 1];
  for (End& end : report->ends) {
    if (end.pc.load() != last && end.pc.load() != 0) continue;
    end.pc.store(last);
    end.times.fetch_add(1);
    return;
  }
}

void keep(const arch::Registers& registers, const StackTrace& ours) {
  const uint64_t pc = registers.value[arch::kRip];
  for (Kept& kept : report->kept) {
    if (kept.times.load() != 0 && kept.registers[arch::kRip] != pc) continue;
    if (kept.times.fetch_add(1) != 0) return;
    kept.our_flags = ours.flags;
    kept.their_end = theirs.end;
    kept.our_depth = ours.depth;
    kept.their_depth = theirs.depth;
    memcpy(kept.registers, registers.value, sizeof kept.registers);
    memcpy(kept.ours, ours.pc, ours.depth * sizeof ours.pc[0]);
    memcpy(kept.theirs, theirs.pc, theirs.depth * sizeof theirs.pc[0]);
    StackMemory memory(registers.value[arch::kRsp]);
    const uint64_t low = (registers.value[arch::kRsp] - 128) & ~uint64_t{7};
    for (unsigned i = 0; i < 64 && memory.load(low + i * 8, &kept.stack[i]); i++) {
    }
    return append_maps();
  }
}

// What it takes to make the rows of this stack: a walk that knows none less the same again.
void measure_cold(const void* context, WalkBuffer& buffer) {
  const StackTrace& trace = buffer.trace;
  if (trace.depth > 64) return;  // more frames of one function than functions
  uint64_t rows = 0;
  for (uint32_t i = 0; i < trace.depth; i++) {
    uint32_t same = 0;
    while (trace.pc[same] != trace.pc[i]) same++;
    rows += same == i;
  }
  stack_trace::forget_code();
  const uint64_t start = now_ns();
  stack_trace::capture_context(context, buffer);
  const uint64_t cold = now_ns();
  stack_trace::capture_context(context, buffer);
  const uint64_t warm = now_ns();
  if (cold - start < warm - cold) return;  // preempted
  add(kColdRows, rows);
  add(kColdNs, (cold - start) - (warm - cold));
}

void compare(void* context, WalkBuffer& buffer) {
  const StackTrace& ours = buffer.trace;
  stack_trace::capture_context(context, buffer);
  walk_by_libunwind(context, theirs);
  const uint64_t sp = arch::registers_of(context).value[arch::kRsp];
  if (sp < thread_state.stack_low || sp >= thread_state.stack_high) add(kStacksProbed);
  add(kTicks);
  add(kFrames, ours.depth);
  note_pcs(ours);
  const bool equal =
      ours.depth == theirs.depth && memcmp(ours.pc, theirs.pc, ours.depth * sizeof ours.pc[0]) == 0;
  add(kWhole, ours.flags == 0);
  add(kTruncated, ours.flags == layout::kStackTruncated);
  add(kTheirsWhole, !theirs.faulted && theirs.end == 0);
  add(kTheirsFaulted, theirs.faulted);
  add(kEqual, equal);
  const bool is_deep = ours.flags == layout::kStackTruncated && equal;
  if (!equal || (ours.flags != 0 && !is_deep)) keep(arch::registers_of(context), ours);
  const uint64_t ticks = report->counts[kTicks].load();
  if ((ticks & (ticks - 1)) == 0) append_maps();
  if (ticks % kColdEvery == 0) measure_cold(context, buffer);
}

void tick(int, siginfo_t*, void* context) {
  const int error = errno;
  const bool is_consistent = _r_debug.r_state == r_debug::RT_CONSISTENT;
  BorrowedBuffer buffer;
  if (!is_consistent || !buffer || busy.exchange(true)) {
    add(kSkipped);
  } else {
    compare(context, *buffer);
    busy.store(false);
  }
  errno = error;
}

bool open_tables() {
  constexpr size_t kSize = size_t{16} << 20;
  void* memory = mmap(nullptr, kSize, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  if (memory == MAP_FAILED) return false;
  static constinit std::atomic<uint32_t> alive{1};
  tables::alive = &alive;
  tables::open(static_cast<char*>(memory), kSize, kSize, getpid());
  tables::header().program = tables::text("/proc/self/exe");
  return true;
}

void start_timer() {
  report = open_report();
  if (report == nullptr) return;
  struct sigaction action {};
  action.sa_sigaction = tick;
  action.sa_flags = SA_SIGINFO | SA_RESTART | SA_ONSTACK;
  real::sigaction(tick_number(), &action, nullptr);
  sigevent event{};
  event.sigev_notify = SIGEV_SIGNAL;
  event.sigev_signo = tick_number();
  timer_t timer;
  if (timer_create(CLOCK_PROCESS_CPUTIME_ID, &event, &timer) != 0) return;
  const itimerspec every{{0, kTickNs}, {0, kTickNs}};
  timer_settime(timer, 0, &every, nullptr);
}

// The loader's lock may be held there by a thread that is no longer, and libunwind takes it.
void start_in_child() {
  busy.store(false);
  if (__libc_single_threaded) start_timer();
}

__attribute__((constructor)) void start() {
  if (getenv("JUDGE_OUTPUT") == nullptr || !load_libunwind() || !open_tables()) return;
  real::resolve();
  objects::start();
  stack_trace::set_depth(layout::kMaxDepth);
  Thread* thread = threads::acquire();
  if (thread == nullptr) return;
  threads::begin_main(*thread);
  threads::track(true);
  pthread_atfork(nullptr, nullptr, start_in_child);
  start_timer();
}

void* run_thread(void* record) {
  Thread& thread = *static_cast<Thread*>(record);
  threads::begin(thread, thread.stack_size);
  return thread.routine(thread.argument);
}

}  // namespace

}  // namespace judge

extern "C" {

// As preload/hooks/interpose_thread.cc, so that the bounds of stacks are known; records are not
// returned.
EXPORT int pthread_create(pthread_t* handle, const pthread_attr_t* attributes,
                          void* (*routine)(void*), void* argument) noexcept {
  real::resolve();
  Thread* thread = threads::are_tracked() ? threads::acquire() : nullptr;
  if (thread == nullptr) return real::pthread_create(handle, attributes, routine, argument);
  pthread_attr_t all = {};
  if (attributes == nullptr) pthread_attr_init(&all);
  pthread_attr_getstacksize(attributes == nullptr ? &all : attributes, &thread->stack_size);
  thread->routine = routine;
  thread->argument = argument;
  return real::pthread_create(handle, attributes, judge::run_thread, thread);
}

// Go takes every signal for itself.
EXPORT int sigaction(int number, const struct sigaction* action, struct sigaction* old) noexcept {
  real::resolve();
  if (number != judge::tick_number()) return real::sigaction(number, action, old);
  if (old != nullptr) *old = {};
  return 0;
}

}  // extern "C"
