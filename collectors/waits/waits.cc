#include "collectors/waits/waits.h"

#include "collectors/threads/threads.h"
#include "collectors/trace/trace_ring.h"
#include "collectors/waits/wakeups.h"
#include "env/sys/clock.h"
#include "env/sys/frames.h"
#include "env/sys/thread_state.h"
#include "tables/tables.h"

namespace waits {

constinit std::atomic<int> followers;

namespace {

uint64_t least(uint64_t a, uint64_t b) {
  return a < b ? a : b;
}

// A thread whose waits begin within so short a time, so often, is one of many waits. It stays so
// through some longer ones: else what is done about those would make longer ones still.
constexpr uint64_t kQuickNs = 400000;
constexpr uint32_t kQuickRow = 32;

std::atomic<Charges> charges_wanted;

void note_start(Thread& thread, uint64_t now_ns) {
  OfThread& mine = of(thread);
  if (now_ns - mine.last_start_ns >= kQuickNs) {
    mine.quick /= 2;
  } else if (mine.quick < 2 * kQuickRow) {
    mine.quick++;
  }
}
bool is_quick(const Thread* thread) {
  return thread != nullptr && of(*thread).quick > kQuickRow;
}

// A wait of these kinds is over when a thread releases the lock. In the others the waker notifies
// the waiter (wakeups.h), or the wait ends by itself.
bool is_lock(Kind kind) {
  return kind == Kind::kMutex || kind == Kind::kReadLock || kind == Kind::kWriteLock ||
         kind == Kind::kSpin || kind == Kind::kFutex;
}
bool is_told(Kind kind) {
  return kind == Kind::kCondition || kind == Kind::kSemaphore || kind == Kind::kJoin ||
         kind == Kind::kBarrier;
}

Entry* entry_for(Thread* thread, Kind kind, const void* lock, uint64_t now_ns) {
  const bool are_wakes_followed = wakeups::are_followed();
  if (!is_lock(kind) && !(are_wakes_followed && is_told(kind))) return nullptr;
  const Charges wanted =
      are_wakes_followed ? Charges::kAll : charges_wanted.load(std::memory_order_relaxed);
  if (wanted == Charges::kNone) return nullptr;
  uint64_t weight = 1;
  if (wanted == Charges::kSampled && is_quick(thread)) weight = quick_weight(lock, now_ns);
  return weight == 0 ? nullptr : enter(lock, now_ns, weight, static_cast<uint32_t>(kind));
}

}  // namespace

layout::Ref name_of(Kind kind) {
  static_assert(layout::kWaitKinds == static_cast<unsigned>(Kind::kCount));
  static_assert(layout::kFirstCall == static_cast<unsigned>(Kind::kSleep));
  return tables::text(layout::kWaitNames[static_cast<uint32_t>(kind)]);
}

constexpr unsigned kStartBits = 20;
constexpr uint64_t kStartMask = (uint64_t{1} << kStartBits) - 1;

uint64_t already_recorded_word(uint64_t start_ns, uint64_t ns) {
  return ns / 1000 << kStartBits | (start_ns & kStartMask);
}

uint64_t ns_of_already_recorded(uint64_t word, uint64_t start_ns) {
  return (word & kStartMask) == (start_ns & kStartMask) ? (word >> kStartBits) * 1000 : 0;
}

void begin(OfThread& thread) {
  thread.now.kind.store(0, std::memory_order_relaxed);
  thread.already_recorded.store(0, std::memory_order_relaxed);
  thread.is_unsettled.store(false, std::memory_order_relaxed);
  thread.off = {};
  thread.quick = 0;
  thread.held.forget();
}

void follow(bool on) {
  followers.fetch_add(on ? 1 : -1, std::memory_order_relaxed);
}

void follow_charges(Charges wanted) {
  charges_wanted.store(wanted, std::memory_order_relaxed);
}

Wait::Wait(Kind kind, const void* object, const Caller& caller, const void* function)
    : kind_(kind),
      caller_(caller),
      object_(object),
      function_(function),
      start_ns_(clock_source::monotonic_ns()),
      entry_(nullptr) {
  Thread* thread = thread_state.thread;
  if (thread != nullptr && is_lock(kind)) note_start(*thread, start_ns_);
  if (object != nullptr) entry_ = entry_for(thread, kind, object, start_ns_);
  if (thread == nullptr) return;
  if (trace_ring::is_on()) begin_place_ = tell_beginning(nullptr);
  if (entry_ != nullptr) of(*thread).held.hold(entry_, caller.sp);
  show(thread);
}

Wait::Wait(Kind kind, const Caller& caller, const void* function, uint64_t descriptor,
           const char* name)
    : kind_(kind),
      caller_(caller),
      object_(reinterpret_cast<const void*>(descriptor)),
      function_(function),
      start_ns_(0),
      entry_(nullptr) {
  Thread* thread = thread_state.thread;
  // On a timeline a guess would lie before what is there already.
  const bool is_traced = trace_ring::is_on();
  if (LIKELY(thread != nullptr && !is_traced) &&
      of(*thread).now.kind.load(std::memory_order_relaxed) == 0) {
    start_ns_ = of(*thread).off.start_ns();
  }
  if (start_ns_ == 0) start_ns_ = clock_source::monotonic_ns();
  if (UNLIKELY(is_traced)) begin_place_ = tell_beginning(name);
  if (LIKELY(thread != nullptr)) show(thread);
}

void Wait::show(Thread* thread) {
  Published& now = of(*thread).now;
  kind_before_ = now.kind.load(std::memory_order_relaxed);
  if (UNLIKELY(kind_before_ != 0)) {
    before_[0] = now.start_ns.load(std::memory_order_relaxed);
    before_[1] = now.return_address.load(std::memory_order_relaxed);
    before_[2] = now.sp.load(std::memory_order_relaxed);
    before_[3] = now.fp.load(std::memory_order_relaxed);
    before_[4] = now.function.load(std::memory_order_relaxed);
    before_[5] = of(*thread).ran_ns.load(std::memory_order_relaxed);
    before_[6] = of(*thread).nested_ns;
    before_is_nested_ = now.is_nested.load(std::memory_order_relaxed);
    now.kind.store(0, std::memory_order_relaxed);
    std::atomic_thread_fence(std::memory_order_seq_cst);
    before_[7] = of(*thread).already_recorded.exchange(0);
    if (frames::is_gone(before_[2], caller_.sp)) kind_before_ = 0;  // it was left by a jump
  }
  now.is_nested.store(kind_before_ != 0, std::memory_order_relaxed);
  of(*thread).nested_ns = 0;
  of(*thread).ran_ns.store(0, std::memory_order_relaxed);
  now.start_ns.store(start_ns_, std::memory_order_relaxed);
  now.return_address.store(caller_.return_address, std::memory_order_relaxed);
  now.sp.store(caller_.sp, std::memory_order_relaxed);
  now.fp.store(caller_.fp, std::memory_order_relaxed);
  now.function.store(function(), std::memory_order_relaxed);
  now.kind.store(static_cast<uint32_t>(kind_), std::memory_order_release);
}

uint64_t Wait::tell_beginning(const char* name) const {
  return trace_ring::append(
      {.kind = layout::TraceKind::kWaitBegin,
       .detail = static_cast<uint8_t>(kind_),
       .time_ns = start_ns_,
       .object = reinterpret_cast<uint64_t>(object_),
       .value = name == nullptr ? caller_.return_address - 1 : tables::text(name)});
}

uint64_t Wait::over(bool was_let_in) {
  const uint64_t end_ns = end_ns_ = clock_source::monotonic_ns();
  Thread* thread = thread_state.thread;
  const bool is_entered = entry_ != nullptr && (thread == nullptr || of(*thread).held.has(entry_));
  if (is_entered && wakeups::are_followed()) wake_ = wakeups::left(*entry_, kind_, was_let_in);
  if (thread == nullptr) {
    if (entry_ != nullptr) leave(*entry_);
    return end_ns - start_ns_;
  }
  OfThread& mine = of(*thread);
  if (is_entered) mine.held.let_go(entry_);
  ran_ns_ = mine.ran_ns.load(std::memory_order_relaxed);
  const uint64_t ns = end_ns - start_ns_;
  if (ns > ran_ns_) mine.off.measured(ns - ran_ns_);
  ended(thread, end_ns);
  return ns;
}

bool Wait::is_one_of_many() const {
  return is_lock(kind_) && is_quick(thread_state.thread);
}

bool Wait::over_if_waited(uint64_t* ns) {
  Thread* thread = thread_state.thread;
  // Nothing is asked once nothing is recorded any more: a filter may forbid it. A wait in a handler
  // that interrupted one is a part of that one's time.
  if (!are_followed() || preemption_probe::section_offset == 0 || thread == nullptr ||
      kind_before_ != 0) {
    *ns = over();
    return true;
  }
  OfThread& mine = of(*thread);
  const uint64_t end_ns = clock_source::monotonic_ns();
  const uint64_t own_ns = end_ns - start_ns_ - least(mine.nested_ns, end_ns - start_ns_);
  uint64_t waited_ns = 0;
  if (!mine.off.is_to_ask(own_ns, end_ns)) {
    waited_ns = mine.off.short_wait(own_ns, end_ns);
  } else if (!mine.off.asked(preemption_probe::use_of_thread(), own_ns, end_ns, &waited_ns)) {
    was_none();
    return false;
  }
  *ns = end_ns - start_ns_;
  ran_ns_ = *ns - waited_ns;
  ran_is_exact_ = true;
  end_ns_ = end_ns;
  ended(thread, end_ns);
  return true;
}

void Wait::ended(Thread* thread, uint64_t end_ns) {
  OfThread& mine = of(*thread);
  mine.last_start_ns = start_ns_;
  mine.last_end_ns = end_ns;
  mine.last_kind = static_cast<uint32_t>(kind_);
  mine.is_unsettled.store(true, std::memory_order_relaxed);
  show_again(mine, end_ns - start_ns_);
}

uint64_t Wait::was_none() {
  if (thread_state.thread == nullptr) return 0;
  trace_ring::take_back(begin_place_);
  OfThread& mine = of(*thread_state.thread);
  show_again(mine, mine.ran_ns.load(std::memory_order_relaxed));
  return 0;
}

// A wait that this one interrupted goes on.
void Wait::show_again(OfThread& thread, uint64_t accounted_ns) {
  Published& now = thread.now;
  // Release: a look that finds no wait finds is_unsettled.
  now.kind.store(0, std::memory_order_release);
  if (kind_before_ == 0) {
    if (accounted_ns >= kLeastRecorded_ns)
      already_recorded_ns_ = take_already_recorded(thread, start_ns_);
    return;
  }
  already_recorded_ns_ = take_already_recorded(thread, start_ns_, before_[7]);
  now.start_ns.store(before_[0], std::memory_order_relaxed);
  now.return_address.store(before_[1], std::memory_order_relaxed);
  now.sp.store(before_[2], std::memory_order_relaxed);
  now.fp.store(before_[3], std::memory_order_relaxed);
  now.function.store(before_[4], std::memory_order_relaxed);
  thread.ran_ns.store(before_[5] + accounted_ns, std::memory_order_relaxed);
  thread.nested_ns = before_[6] + accounted_ns;
  now.is_nested.store(before_is_nested_, std::memory_order_relaxed);
  now.kind.store(kind_before_, std::memory_order_release);
}

Kind state_since(uint64_t since_ns) {
  const Thread* thread = thread_state.thread;
  if (thread == nullptr) return Kind::kNone;
  const OfThread& mine = of(*thread);
  const uint64_t now_ns = clock_source::monotonic_ns();
  const uint64_t from = mine.last_start_ns > since_ns ? mine.last_start_ns : since_ns;
  const bool mostly = mine.last_end_ns > from && 2 * (mine.last_end_ns - from) > now_ns - since_ns;
  return mostly ? static_cast<Kind>(mine.last_kind) : Kind::kNone;
}

void running_at(uint64_t sp) {
  Thread* thread = thread_state.thread;
  if (thread == nullptr) return;
  of(*thread).off.ran();
  Published& now = of(*thread).now;
  if (now.kind.load(std::memory_order_relaxed) == 0) return;
  if (frames::is_gone(now.sp.load(std::memory_order_relaxed), sp)) {
    now.kind.store(0, std::memory_order_relaxed);
  }
}

uint64_t take_already_recorded(OfThread& thread, uint64_t start_ns, uint64_t instead) {
  std::atomic_thread_fence(std::memory_order_seq_cst);
  return ns_of_already_recorded(thread.already_recorded.exchange(instead), start_ns);
}

void thread_ending(OfThread& thread) {
  thread.now.kind.store(0, std::memory_order_relaxed);
  thread.last_end_ns = 0;
  thread.held.leave_all();
}

void forget_others() {
  forget_waiters();
  // A wait in whose handler the process was forked is the parent's.
  threads::for_each([](Thread& thread) {
    of(thread).now.kind.store(0, std::memory_order_relaxed);
    of(thread).held.forget();
  });
}

}  // namespace waits
