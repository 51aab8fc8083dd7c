#include "collectors/wall/open_waits.h"

#include "collectors/snapshot/other_thread.h"
#include "collectors/threads/threads.h"
#include "collectors/unwind/capture.h"
#include "env/sys/clock.h"
#include "env/sys/thread_state.h"
#include "tables/tables.h"

namespace open_waits {

namespace {

using other_thread::Place;
using thread_times::Account;
using thread_times::State;
using thread_times::Sums;

layout::Ref text_of(State state) {
  return tables::text(thread_times::name_of(state));
}

Place place_of(const Thread& thread) {
  if (&thread == thread_state.thread) return {};
  return other_thread::place_in_kernel(thread.tid.load(std::memory_order_relaxed));
}

bool still_waits(const Thread& thread, const other_thread::Waiting& wait) {
  return waits::of(thread).now.kind.load(std::memory_order_relaxed) ==
             static_cast<uint32_t>(wait.kind) &&
         waits::of(thread).now.start_ns.load(std::memory_order_relaxed) == wait.start_ns;
}

// Either the waiter takes the word, and records that much less, or this thread takes it back.
// Returns the time of the wait that is recorded by now.
uint64_t record_open(Thread& thread, int tid, const other_thread::Waiting& wait, uint64_t open_ns,
                     Record record) {
  std::atomic<uint64_t>& already_recorded = waits::of(thread).already_recorded;
  uint64_t before = already_recorded.load(std::memory_order_relaxed);
  const uint64_t before_ns = waits::ns_of_already_recorded(before, wait.start_ns);
  const uint64_t now = waits::already_recorded_word(wait.start_ns, open_ns);
  const uint64_t now_ns = waits::ns_of_already_recorded(now, wait.start_ns);
  if (now_ns <= before_ns || !already_recorded.compare_exchange_strong(before, now))
    return before_ns;
  // Pairs with waits::take_already_recorded: a waiter that ends takes the word, or its end is seen
  // here.
  std::atomic_thread_fence(std::memory_order_seq_cst);
  uint64_t ours = now;
  int64_t more_ns = static_cast<int64_t>(now_ns) - static_cast<int64_t>(before_ns);
  if (!still_waits(thread, wait) && already_recorded.compare_exchange_strong(ours, 0)) {
    more_ns = -static_cast<int64_t>(before_ns);
  }
  const State state = thread_times::state_of(wait.kind);
  record(wait.stack, labels::of(thread), text_of(state), more_ns);
  thread_times::of(thread).already_recorded[static_cast<unsigned>(state)].add(tid, more_ns);
  return now_ns;
}

layout::Ref last_stack_of(const Thread& thread) {
  const layout::Ref last = thread_times::of(thread).last_stack.load(std::memory_order_relaxed);
  return last != 0
             ? last
             : capture::pseudo(layout::kPcUnknown, reinterpret_cast<uint64_t>(thread.routine));
}

// Records the unrecorded time at the place where the thread stands or was last seen.
void record_rest(Thread& thread, int tid, const Sums& sums, const Place& place, Record record) {
  Account& account = thread_times::of(thread);
  const layout::Ref labels = labels::of(thread);
  const auto other = static_cast<unsigned>(State::kOther);
  const int64_t runnable_ns = sums.ns[static_cast<unsigned>(State::kRunnable)];
  // Some time of calls for children and signals is recorded already.
  const int64_t other_ns = sums.ns[other] -
                           account.waited_ns[other].load(std::memory_order_relaxed) -
                           account.already_recorded[other].ns();
  // The kernel reports how long a thread stood ready once it runs again: until then that is other.
  const int64_t more = account.recorded_rest.grow_to(tid, runnable_ns + other_ns);
  const int64_t ready = account.recorded_runnable.grow_to(tid, runnable_ns);
  const int64_t runnable = ready < more ? ready : more;
  const int64_t unseen = more - runnable;
  if (runnable > 0) record(last_stack_of(thread), labels, text_of(State::kRunnable), runnable);
  Place at{account.first_stack.load(std::memory_order_relaxed),
           account.first_state.load(std::memory_order_relaxed)};
  const bool stands_there = at.stack != 0 && at.stack == place.stack;
  if (!stands_there) account.first_stack.store(0, std::memory_order_relaxed);
  if (at.stack == 0) {
    at = {place.stack != 0 ? place.stack : last_stack_of(thread), text_of(State::kOther)};
  }
  if (unseen > 0) record(at.stack, labels, at.state, unseen);
}

}  // namespace

void begin(Thread& thread, uint32_t round, uint64_t since_ns, const Place* own) {
  // A running thread has run since, or nearly: its clock's time so far is not in its account.
  constexpr uint64_t kNearlyNs = 50000000;
  Place place{};
  other_thread::Waiting wait;
  if (own != nullptr) {
    place = *own;
  } else if (other_thread::waiting(thread, true, &wait)) {
    place = {wait.stack, text_of(thread_times::state_of(wait.kind))};
  } else {
    place = place_of(thread);
  }
  const uint64_t now_ns = clock_source::monotonic_ns();
  const bool runs = place.stack == 0 || place.state == text_of(State::kRunning);
  if (since_ns > now_ns || (runs && now_ns - since_ns < kNearlyNs)) since_ns = now_ns;
  if (runs) place = {};
  waits::of(thread).off.ran();  // its waits have a start of their own
  thread_times::begin(thread, round, since_ns);
  thread_times::of(thread).first_state.store(place.state, std::memory_order_relaxed);
  thread_times::of(thread).first_stack.store(place.stack, std::memory_order_relaxed);
  thread_times::of(thread).last_stack.store(place.stack, std::memory_order_relaxed);
}

// A wait of a handler hides the one that it has interrupted: what is left then is for the next
// look.
Sums settle(Thread& thread, uint64_t shortest_ns, const Place* own, Record record) {
  const int tid = thread.tid.load(std::memory_order_relaxed);
  const uint32_t round = thread_times::of(thread).round.load(std::memory_order_relaxed);
  const waits::Published& now = waits::of(thread).now;
  other_thread::Waiting wait;
  State state = State::kOther;
  uint64_t open_ns = 0;
  Place place{};
  bool has_rest = true, waits = false;
  if (own != nullptr) {
    place = *own;
  } else if (other_thread::waiting(thread, true, &wait)) {
    waits = true;
    has_rest = !now.is_nested.load(std::memory_order_relaxed);
    state = thread_times::state_of(wait.kind);
    const uint64_t begin_ns = thread_times::of(thread).begin_ns;
    const uint64_t start_ns = wait.start_ns > begin_ns ? wait.start_ns : begin_ns;
    const uint64_t ran_ns = waits::of(thread).ran_ns.load(std::memory_order_relaxed);
    const uint64_t now_ns = clock_source::monotonic_ns();
    open_ns = now_ns > start_ns + ran_ns ? now_ns - start_ns - ran_ns : 0;
    uint64_t already_recorded_ns = 0;
    if (open_ns >= shortest_ns)
      already_recorded_ns = record_open(thread, tid, wait, open_ns, record);
    open_ns -= already_recorded_ns < open_ns ? already_recorded_ns : open_ns;
  } else {
    place = place_of(thread);
  }
  // Acquire: pairs with the end of a wait, and with its entry in the account.
  std::atomic_thread_fence(std::memory_order_acquire);
  const bool is_settled = !waits::of(thread).is_unsettled.load(std::memory_order_acquire);
  Sums sums = thread_times::sums_of(thread, tid, state, open_ns);
  if (!waits) has_rest = is_settled && now.kind.load(std::memory_order_relaxed) == 0;
  // The record may be another thread's by now.
  sums.is_whole = sums.is_whole && thread.tid.load(std::memory_order_relaxed) == tid &&
                  thread_times::of(thread).round.load(std::memory_order_relaxed) == round;
  has_rest = has_rest && sums.is_whole;
  Sums unseen = sums;
  if (state == State::kOther) {
    unseen.ns[static_cast<unsigned>(state)] -= static_cast<int64_t>(open_ns);
  }
  if (has_rest) record_rest(thread, tid, unseen, place, record);
  return sums;
}

Sums settle_ending(Thread& thread, Record record) {
  const int tid = thread.tid.load(std::memory_order_relaxed);
  const Sums sums = thread_times::sums_of(thread, tid, State::kOther, 0);
  record_rest(thread, tid, sums, {}, record);
  return sums;
}

}  // namespace open_waits
