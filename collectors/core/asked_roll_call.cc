#include "collectors/core/asked_roll_call.h"

#include <sys/syscall.h>
#include <time.h>

#include "collectors/core/capture.h"
#include "collectors/core/threads.h"
#include "collectors/core/tick_signal.h"
#include "env/safe/arch.h"
#include "env/safe/clock.h"
#include "env/safe/thread_state.h"

namespace asked_roll_call {

namespace {

// Nobody of the program waits for it.
constexpr uint64_t kLongest_ns = 1000000000;
constexpr unsigned kMostAtOnce = 16;
constexpr uint64_t kSlice_ns = 200000;
// To tell an unknown thread each record is looked at, for each: not among many.
constexpr uint32_t kMostBesideUnknown = 512;

// Held by who takes a slice, or keeps others from it. Never waited for but by a Pause.
std::atomic<bool> is_taken;
// How many hold all slices off.
std::atomic<int> held_off;

// Changed by its holder alone.
struct {
  uint32_t number;
  uint32_t next;  // index of a thread
  bool all;       // of this way through the threads
  uint64_t until_ns;
} call;

bool seize() {
  bool free = false;
  return is_taken.compare_exchange_strong(free, true, std::memory_order_seq_cst);
}

void let_go() {
  is_taken.store(false, std::memory_order_release);
}

// Of two words one is written here and the other read, and the other way round by who holds off:
// sequentially consistent, so that one of both sees the other.
bool take() {
  if (!seize()) return false;
  if (held_off.load(std::memory_order_seq_cst) == 0) return true;
  let_go();
  return false;
}

// True once it is, at most 0.1 s later.
template <typename Condition>
bool becomes(Condition condition) {
  const timespec pause{0, 100000};
  for (int tries = 0; !condition(); tries++) {
    if (tries == 1000) return false;
    arch::syscall(SYS_nanosleep, &pause, 0L);
  }
  return true;
}

void end_calls() {
  if (!tables::is_open()) return;
  layout::Control& control = tables::header().control;
  control.calls_answered.store(control.calls_wanted.load(std::memory_order_relaxed),
                               std::memory_order_relaxed);
}

// A vfork child shares this memory, and /proc/self is another's there.
bool is_own_process() {
  return arch::syscall(SYS_getpid) == tables::header().pid;
}

// A thread by raw clone may have its maker's thread block.
bool is_own(const Thread& self) {
  return arch::syscall(SYS_gettid) == self.tid.load(std::memory_order_relaxed);
}

void begin_if_new(uint32_t wanted) {
  if (call.number == wanted && call.until_ns != 0) return;
  roll_call::begin();
  call = {wanted, 0, true, clock_source::monotonic_ns() + kLongest_ns};
}

void slice(void*) {
  layout::Control& control = tables::header().control;
  const uint64_t now_ns = clock_source::monotonic_ns();
  const roll_call::Round round{tick_signal::held(), present_to.load(std::memory_order_relaxed),
                               now_ns > call.until_ns};
  if (round.present == nullptr) return;
  for (unsigned n = 0; n < kMostAtOnce && call.next < threads::high_water();) {
    Thread* thread = threads::at(call.next++);
    if (thread != nullptr && roll_call::is_missing(*thread)) {
      n += thread->tid.load(std::memory_order_relaxed) != 0;
      call.all &= roll_call::hear(*thread, round);
    }
    if (clock_source::monotonic_ns() > now_ns + kSlice_ns) break;
  }
  control.calls_heard.fetch_add(1, std::memory_order_relaxed);
  if (call.next < threads::high_water()) return;
  if (call.all) {
    if (call.next <= kMostBesideUnknown) roll_call::tell_unknown(round.present);
    // Release: who finds the answer finds the rows.
    control.calls_answered.store(call.number, std::memory_order_release);
  }
  call.next = 0;
  call.all = true;
}

template <typename Capture>
ALWAYS_INLINE void take_slice(layout::Ref state, Capture capture) {
  if (!is_own_process() || !take()) return;
  const PresentTo present = present_to.load(std::memory_order_relaxed);
  if (present != nullptr) {
    begin_if_new(tables::header().control.calls_wanted.load(std::memory_order_acquire));
    Thread* self = thread_state.thread;
    if (self != nullptr && is_own(*self) && roll_call::is_missing(*self)) {
      roll_call::tell_own(*self, state, capture(), present);
    }
    // It looks at others' memory and at /proc: more than a fiber's stack may hold.
    if (BorrowedBuffer room; room) work_on((*room).stack, slice, nullptr);
  }
  let_go();
}

}  // namespace

void open(PresentTo present) {
  call = {};
  give_rows();
  present_to.store(present, std::memory_order_release);
}

void close() {
  const Pause pause;
  present_to.store(nullptr, std::memory_order_release);
  // What is still asked must not be answered later: under a sandbox, say.
  if (pause.is_held()) roll_call::begin();
}

bool is_at_work() {
  return is_wanted() || is_taken.load(std::memory_order_relaxed);
}

void hold_off() {
  if (Thread* self = thread_state.thread; self != nullptr) self->holds_off++;
  held_off.fetch_add(1, std::memory_order_seq_cst);
  becomes([] { return !is_taken.load(std::memory_order_seq_cst); });
}

void go_on() {
  if (Thread* self = thread_state.thread; self != nullptr) self->holds_off--;
  held_off.fetch_sub(1, std::memory_order_release);
}

void thread_ending(Thread& thread) {
  if (thread.holds_off == 0) return;
  held_off.fetch_sub(static_cast<int>(thread.holds_off), std::memory_order_release);
  thread.holds_off = 0;
}

void forget() {
  if (Thread* self = thread_state.thread; self != nullptr) self->holds_off = 0;
  held_off.store(0, std::memory_order_relaxed);
  let_go();
}

void keep_rows() {
  if (present_to.load(std::memory_order_relaxed) == nullptr || !tables::is_open()) return;
  std::atomic<uint32_t>& whose = tables::header().control.call_rows;
  const bool are_ours = becomes([&] {
    uint32_t nobody = layout::kRowsFree;
    return whose.compare_exchange_strong(nobody, layout::kRowsKept, std::memory_order_acquire) ||
           nobody == layout::kRowsKept;
  });
  // Of an agent that was stopped in the middle of it.
  if (!are_ours) whose.store(layout::kRowsKept, std::memory_order_relaxed);
  end_calls();
}

void give_rows() {
  if (!tables::is_open()) return;
  tables::header().control.call_rows.store(layout::kRowsFree, std::memory_order_release);
}

void interrupted(const void* context) {
  take_slice(tables::text("running"), [context] { return capture::context(context); });
}

void came_by(const Caller& caller, waits::Kind kind, const void* function) {
  const Guard guard;
  if (!guard) return;
  // A handler of the host could jump out of a slice, or run on the stack that it is taken on.
  const uint64_t all = ~uint64_t{0};
  uint64_t before = 0;
  arch::syscall(SYS_rt_sigprocmask, SIG_SETMASK, &all, &before, sizeof all);
  take_slice(waits::name_of(kind),
             [&] { return capture::caller(caller, reinterpret_cast<uint64_t>(function)); });
  arch::syscall(SYS_rt_sigprocmask, SIG_SETMASK, &before, 0L, sizeof before);
}

Pause::Pause() : is_held_(becomes(seize)) {
  end_calls();
}

Pause::~Pause() {
  if (is_held_) let_go();
}

}  // namespace asked_roll_call
