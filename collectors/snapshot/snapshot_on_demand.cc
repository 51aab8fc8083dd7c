#include "collectors/snapshot/snapshot_on_demand.h"

#include <sys/syscall.h>

#include "collectors/snapshot/snapshot_lock.h"
#include "collectors/threads/threads.h"
#include "collectors/timers/tick_signal.h"
#include "collectors/unwind/capture.h"
#include "env/sys/arch.h"
#include "env/sys/clock.h"
#include "env/sys/thread_state.h"

namespace snapshot_on_demand {

namespace {

// No thread of the program waits for it.
constexpr uint64_t kLongest_ns = 1000000000;
// A slice takes a two-hundredth of the time since the last one, but 0.2 ms at least. If slices
// come only once a second, one may last up to 2 ms.
constexpr uint64_t kShare = 200;
constexpr uint64_t kShortest_ns = 200000, kMost_ns = 2000000;
// Each unknown thread costs a search of all records: not done with more records than this.
constexpr uint32_t kMostBesideRaw = 512;

// Null: no thread answers such calls.
std::atomic<PresentTo> present_to{nullptr};
std::atomic<const Settling*> settling_of{nullptr};

// Changed by its holder alone.
struct {
  uint32_t number;
  uint32_t next;  // index of a thread
  bool all;       // of this way through the threads
  uint64_t until_ns;
  uint32_t kind;
  uint64_t since_ns;
  bool are_raw_threads_listed;
} call;
uint64_t last_slice_ns;

void end_calls() {
  if (!tables::is_open()) return;
  layout::Control& control = tables::header().control;
  control.calls_answered.store(control.calls_wanted.load(std::memory_order_relaxed),
                               std::memory_order_relaxed);
}

// A vfork child shares this memory, and /proc/self is another's there.
bool is_own_process() {
  return arch::syscall(SYS_getpid) == tables::bounds.pid;
}

// A thread by raw clone may have its maker's thread block.
bool is_own(const Thread& self) {
  return arch::syscall(SYS_gettid) == self.tid.load(std::memory_order_relaxed);
}

void begin_if_new(uint32_t wanted) {
  if (call.number == wanted && call.until_ns != 0) return;
  thread_snapshot::begin();
  const layout::Control& control = tables::header().control;
  call = {wanted,
          0,
          true,
          clock_source::monotonic_ns() + kLongest_ns,
          control.call_kind.load(std::memory_order_relaxed),
          control.call_since_ns.load(std::memory_order_relaxed),
          false};
  const Settling* settling = settling_of.load(std::memory_order_acquire);
  if (call.kind == layout::kCallTimes && settling != nullptr) settling->asked(call.since_ns);
}

// The calling thread, where it is still missing; else null.
struct Own {
  Thread* thread;
  other_thread::Place place;
};

// What is done about each thread. False: it is to be asked once more.
class Answer {
 public:
  explicit Answer(uint64_t now_ns)
      : round_{tick_signal::held(), present_to.load(std::memory_order_relaxed),
               now_ns > call.until_ns},
        settling_(settling_of.load(std::memory_order_relaxed)) {}
  bool is_there() const {
    return call.kind == layout::kCallTimes ? settling_ != nullptr : round_.present != nullptr;
  }
  void of_own(const Own& own) const {
    if (call.kind == layout::kCallTimes) {
      if (thread_snapshot::take_once(*own.thread)) {
        settling_->settle(*own.thread, call.since_ns, &own.place);
      }
    } else {
      thread_snapshot::tell_own(*own.thread, own.place.state, own.place.stack, round_.present);
    }
  }
  bool of(Thread& thread) const {
    if (call.kind != layout::kCallTimes) return thread_snapshot::hear(thread, round_);
    if (thread_snapshot::take_once(thread)) settling_->settle(thread, call.since_ns, nullptr);
    return true;
  }
  void of_raw_thread(int tid) const {
    if (call.kind == layout::kCallTimes) return settling_->settle_raw_thread(tid);
    thread_snapshot::present_raw_thread(tid, round_.present);
  }

 private:
  thread_snapshot::Round round_;
  const Settling* settling_;
};

uint64_t end_of_slice(uint64_t now_ns) {
  const uint64_t share_ns = (now_ns - last_slice_ns) / kShare;
  return now_ns + (share_ns < kShortest_ns ? kShortest_ns
                   : share_ns < kMost_ns   ? share_ns
                                           : kMost_ns);
}

// False: the slice is over before all are.
bool answer_raw_threads(const Answer& answer, uint64_t end_ns) {
  if (call.next > kMostBesideRaw) return true;
  if (!call.are_raw_threads_listed) thread_snapshot::list_raw_threads();
  call.are_raw_threads_listed = true;
  while (clock_source::monotonic_ns() < end_ns) {
    const int tid = thread_snapshot::next_raw_thread();
    if (tid == 0) return true;
    answer.of_raw_thread(tid);
  }
  return false;
}

// It looks at others' memory and at /proc: more than a fiber's stack may hold.
void slice(void* of) {
  const Own& own = *static_cast<const Own*>(of);
  layout::Control& control = tables::header().control;
  const uint64_t now_ns = clock_source::monotonic_ns(), end_ns = end_of_slice(now_ns);
  const Answer answer(now_ns);
  if (!answer.is_there()) {
    control.calls_answered.store(call.number, std::memory_order_release);
    return;
  }
  if (own.thread != nullptr) answer.of_own(own);
  while (call.next < threads::high_water() && clock_source::monotonic_ns() < end_ns) {
    Thread* thread = threads::at(call.next++);
    if (thread != nullptr && thread_snapshot::is_missing(*thread)) call.all &= answer.of(*thread);
  }
  last_slice_ns = clock_source::monotonic_ns();
  if (call.next < threads::high_water()) return;
  if (call.all) {
    if (!answer_raw_threads(answer, end_ns)) return;
    // Release: a reader that sees the answer sees the rows.
    control.calls_answered.store(call.number, std::memory_order_release);
  }
  call.next = 0;
  call.all = true;
}

template <typename Capture>
ALWAYS_INLINE void take_slice(layout::Ref state, uint64_t sp, Capture capture) {
  const auto here = reinterpret_cast<uint64_t>(__builtin_frame_address(0));
  if (!is_own_process() || !take(here, sp)) return;
  if (answerers.load(std::memory_order_relaxed) != 0) {
    // First: what was asked before it is answered by what follows.
    tables::header().control.calls_heard.fetch_add(1);
    begin_if_new(tables::header().control.calls_wanted.load(std::memory_order_acquire));
    Own own{};
    Thread* self = thread_state.thread;
    if (self != nullptr && is_own(*self) && thread_snapshot::is_missing(*self)) {
      own = {self, {capture(), state}};
    }
    if (BorrowedBuffer room; room) work_on((*room).stack, slice, &own);
  }
  let_go();
}

}  // namespace

void open(PresentTo present) {
  call = {};
  give_rows();
  if (present_to.exchange(present, std::memory_order_release) == nullptr) answerers.fetch_add(1);
}

void open(const Settling& settling) {
  call = {};
  if (settling_of.exchange(&settling, std::memory_order_release) == nullptr) answerers.fetch_add(1);
}

void close(PresentTo) {
  const Pause pause;
  if (present_to.exchange(nullptr, std::memory_order_release) != nullptr) answerers.fetch_sub(1);
  // No thread may answer a pending request later: under a sandbox, for example.
  if (pause.is_held()) thread_snapshot::begin();
}

void close(const Settling&) {
  const Pause pause;
  if (settling_of.exchange(nullptr, std::memory_order_release) != nullptr) answerers.fetch_sub(1);
}

bool is_at_work() {
  return is_wanted() || is_turn_taken();
}

void keep_rows() {
  if (present_to.load(std::memory_order_relaxed) == nullptr || !tables::is_open()) return;
  std::atomic<uint32_t>& whose = tables::header().control.call_rows;
  const bool are_ours = becomes([&] {
    uint32_t expected = layout::kRowsFree;
    return whose.compare_exchange_strong(expected, layout::kRowsKept, std::memory_order_acquire) ||
           expected == layout::kRowsKept;
  });
  // An agent was stopped in the middle of it.
  if (!are_ours) whose.store(layout::kRowsKept, std::memory_order_relaxed);
  end_calls();
}

void give_rows() {
  if (!tables::is_open()) return;
  tables::header().control.call_rows.store(layout::kRowsFree, std::memory_order_release);
}

void interrupted(const void* context) {
  take_slice(tables::text("running"), arch::registers_of(context).value[arch::kRsp],
             [context] { return capture::context(context); });
}

void on_call_entry(const Caller& caller, waits::Kind kind, const void* function) {
  const Guard guard;
  if (!guard) return;
  // A handler of the host could jump out of a slice, or run on the stack that it is taken on.
  const uint64_t all = ~uint64_t{0};
  uint64_t before = 0;
  arch::syscall(SYS_rt_sigprocmask, SIG_SETMASK, &all, &before, sizeof all);
  take_slice(waits::name_of(kind), caller.sp,
             [&] { return capture::caller(caller, reinterpret_cast<uint64_t>(function)); });
  arch::syscall(SYS_rt_sigprocmask, SIG_SETMASK, &before, 0L, sizeof before);
}

Pause::Pause() : is_held_(becomes([this] { return seize(reinterpret_cast<uint64_t>(this)); })) {
  end_calls();
}

Pause::~Pause() {
  if (is_held_) let_go();
}

}  // namespace snapshot_on_demand
