#include "collectors/cpu/raw_threads.h"

#include "collectors/counts/sampler.h"
#include "collectors/cpu/cpu_account.h"
#include "collectors/snapshot/thread_snapshot.h"
#include "collectors/timers/tick_timer.h"
#include "collectors/unwind/capture.h"
#include "collectors/unwind/stack_trace.h"
#include "tables/tables.h"

namespace raw_threads {

namespace {

// More than these are not timed; their time is in the process's rest.
constexpr unsigned kMost = 64;

struct RawThread {
  std::atomic<int> tid;  // 0: free, kTaken: being filled or emptied
  int timer;
  layout::Ref labels;
  std::atomic<uint64_t> accounted_ns;
};
constexpr int kTaken = -1;
RawThread raw_threads[kMost];

std::atomic<int> signal_now;  // 0: no ticks are recorded
uint64_t period_ns;
Give give_to;

// At random in the period, and the tick stands for all of it: nothing is known of the end of such a
// thread, and the time of many that are short is right in the mean.
uint64_t first_expiry() {
  return tick_timer::first_expiry_ns(sampler::sequence(), period_ns);
}

bool is_known(int tid) {
  for (const RawThread& each : raw_threads) {
    if (each.tid.load(std::memory_order_relaxed) == tid) return true;
  }
  return false;
}

void let_go(RawThread& each, int tid) {
  if (!each.tid.compare_exchange_strong(tid, kTaken, std::memory_order_acq_rel)) return;
  tick_timer::take_back(each.timer);
  each.tid.store(0, std::memory_order_release);
}

// Timers do not go with their threads.
void bury() {
  for (RawThread& each : raw_threads) {
    const int tid = each.tid.load(std::memory_order_acquire);
    if (tid > 0 && !tick_timer::is_alive(tid)) let_go(each, tid);
  }
}

void take(int tid) {
  const int signal = signal_now.load(std::memory_order_acquire);
  if (signal == 0 || is_known(tid)) return;
  for (RawThread& each : raw_threads) {
    int free = 0;
    if (!each.tid.compare_exchange_strong(free, kTaken, std::memory_order_acq_rel)) continue;
    each.labels = thread_snapshot::labels_of(tid, labels::take_number());
    each.accounted_ns.store(0, std::memory_order_relaxed);
    each.timer = tick_timer::arm_raw_thread(tid, signal, &each, first_expiry(), period_ns);
    if (each.timer == tick_timer::kNone) tables::count(layout::kTimersFailed);
    each.tid.store(each.timer == tick_timer::kNone ? 0 : tid, std::memory_order_seq_cst);
    // It may have begun meanwhile, and not found itself here (pairs with begun()), or even ended.
    const bool is_none = threads::is_known(tid) || threads::has_just_ended(tid);
    if (each.timer != tick_timer::kNone && is_none) let_go(each, tid);
    return;
  }
}

// A thread that is about to end has no record any more: its timer would stay behind.
void found(int tid) {
  if (!threads::has_just_ended(tid)) take(tid);
}

}  // namespace

void start(int signal, uint64_t period, Give give) {
  period_ns = period;
  give_to = give;
  signal_now.store(signal, std::memory_order_release);
}

void stop() {
  signal_now.store(0, std::memory_order_release);
  for (RawThread& each : raw_threads) {
    const int tid = each.tid.load(std::memory_order_acquire);
    if (tid > 0) let_go(each, tid);
  }
}

void forget() {
  signal_now.store(0, std::memory_order_relaxed);
  for (RawThread& each : raw_threads) each.tid.store(0, std::memory_order_relaxed);
}

void born(int tid) {
  threads::has_just_ended(tid);  // an earlier one of this number is not reported again
  bury();
  take(tid);
}

void begun(int tid) {
  std::atomic_thread_fence(std::memory_order_seq_cst);
  for (RawThread& each : raw_threads) {
    if (each.tid.load(std::memory_order_acquire) == tid) let_go(each, tid);
  }
}

// In the handler of a tick, and the names of a directory take 8 KiB: more than a fiber may have.
void look() {
  BorrowedBuffer room;
  if (!room) return;
  bury();
  work_on((*room).stack, [](void*) { thread_snapshot::each_raw_thread(found); }, nullptr);
}

bool ticked(const siginfo_t& info, const void* context) {
  if (info.si_code != SI_TIMER) return false;
  const uint64_t offset =
      reinterpret_cast<uint64_t>(info.si_value.sival_ptr) - reinterpret_cast<uint64_t>(raw_threads);
  if (offset >= sizeof raw_threads) return false;
  RawThread& each = raw_threads[offset / sizeof(RawThread)];
  if (signal_now.load(std::memory_order_acquire) == 0) return true;
  const uint64_t ns = (1 + static_cast<uint64_t>(info.si_overrun)) * period_ns;
  each.accounted_ns.fetch_add(ns, std::memory_order_relaxed);
  // By the thread's own clock: it is still there.
  const int tid = each.tid.load(std::memory_order_relaxed);
  give_to(nullptr, tid > 0 ? capture::raw_thread(context, tid) : 0, each.labels, ns);
  return true;
}

uint64_t settle(Give to) {
  uint64_t sum = 0;
  for (RawThread& each : raw_threads) {
    const int tid = each.tid.load(std::memory_order_acquire);
    if (tid <= 0 || !tick_timer::is_alive(tid)) continue;
    const uint64_t used = tick_timer::cpu_time_ns(tid);
    const uint64_t accounted = each.accounted_ns.load(std::memory_order_relaxed);
    if (used <= accounted) continue;
    const uint64_t rest = used - accounted;
    const uint64_t leaf = cpu_account::leaf_of(rest, period_ns);
    to(nullptr, capture::pseudo(leaf, 0), each.labels, rest);
    sum += rest;
  }
  return sum;
}

}  // namespace raw_threads
