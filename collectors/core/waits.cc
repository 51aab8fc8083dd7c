#include "collectors/core/waits.h"

#include "collectors/core/threads.h"
#include "env/safe/clock.h"
#include "env/safe/tables.h"
#include "env/safe/thread_state.h"

namespace waits {

constinit std::atomic<int> followers;

namespace {

uint64_t least(uint64_t a, uint64_t b) {
  return a < b ? a : b;
}

// A thread whose waits begin within so short a time, so often in a row, is one of short waits.
constexpr uint64_t kQuickNs = 20000;
constexpr uint32_t kQuickRow = 32;

std::atomic<Debts> debts_wanted;

Entry* entry_for(Thread* thread, const void* lock, uint64_t now_ns) {
  const Debts wanted = debts_wanted.load(std::memory_order_relaxed);
  if (wanted == Debts::kNone) return nullptr;
  uint64_t weight = 1;
  if (wanted == Debts::kSampled && thread != nullptr) {
    OfThread& mine = thread->waits;
    mine.quick = now_ns - mine.last_start_ns < kQuickNs ? mine.quick + 1 : 0;
    if (mine.quick > kQuickRow) weight = quick_weight(lock, now_ns);
  }
  return weight == 0 ? nullptr : enter(lock, now_ns, weight);
}

void leave_all(OfThread& thread) {
  for (auto& held : thread.held) {
    if (held.entry != nullptr) leave(*held.entry);
    held.entry = nullptr;
  }
}

// Notes the entry with its frame. Entries of frames that are gone, which a jump has left, go too:
// those below `sp`. (On an alternate stack that may take one of a wait that goes on: it is then
// found by nobody any more, and `over` sees that it is not its own.)
void hold(OfThread& thread, Entry* entry, uint64_t sp) {
  bool kept = false;
  for (auto& held : thread.held) {
    if (held.entry != nullptr && held.sp <= sp) {
      leave(*held.entry);
      held.entry = nullptr;
    }
    if (held.entry == nullptr && !kept) {
      held = {entry, sp};
      kept = true;
    }
  }
  if (!kept && entry != nullptr) leave(*entry);
}

void let_go(OfThread& thread, const Entry* entry) {
  for (auto& held : thread.held) {
    if (held.entry != entry) continue;
    leave(*held.entry);
    held.entry = nullptr;
  }
}

}  // namespace

layout::Ref name_of(Kind kind) {
  static constexpr const char* kNames[] = {
      "running", "mutex",   "rwlock_read", "rwlock_write", "spin",  "condvar", "sem",
      "join",    "barrier", "once",        "futex",        "sleep", "io",      "other"};
  static_assert(sizeof kNames / sizeof *kNames == static_cast<size_t>(Kind::kCount));
  return tables::text(kNames[static_cast<uint32_t>(kind)]);
}

void follow(bool on) {
  followers.fetch_add(on ? 1 : -1, std::memory_order_relaxed);
}

void follow_debts(Debts wanted) {
  debts_wanted.store(wanted, std::memory_order_relaxed);
}

Wait::Wait(Kind kind, const void* lock, const Caller& caller, const void* function)
    : kind_(kind),
      caller_(caller),
      function_(function),
      start_ns_(clock_source::monotonic_ns()),
      entry_(nullptr) {
  Thread* thread = thread_state.thread;
  if (lock != nullptr) entry_ = entry_for(thread, lock, start_ns_);
  if (thread == nullptr) return;
  if (entry_ != nullptr) hold(thread->waits, entry_, caller.sp);
  show(thread);
}

Wait::Wait(Kind kind, const Caller& caller, const void* function)
    : kind_(kind), caller_(caller), function_(function), start_ns_(0), entry_(nullptr) {
  Thread* thread = thread_state.thread;
  if (LIKELY(thread != nullptr) && thread->waits.now.kind.load(std::memory_order_relaxed) == 0) {
    start_ns_ = thread->waits.off.start_ns();
  }
  if (start_ns_ == 0) start_ns_ = clock_source::monotonic_ns();
  if (LIKELY(thread != nullptr)) show(thread);
}

void Wait::show(Thread* thread) {
  Published& now = thread->waits.now;
  kind_before_ = now.kind.load(std::memory_order_relaxed);
  if (UNLIKELY(kind_before_ != 0)) {
    before_[0] = now.start_ns.load(std::memory_order_relaxed);
    before_[1] = now.return_address.load(std::memory_order_relaxed);
    before_[2] = now.sp.load(std::memory_order_relaxed);
    before_[3] = now.fp.load(std::memory_order_relaxed);
    before_[4] = now.function.load(std::memory_order_relaxed);
    before_[5] = thread->waits.ran_ns.load(std::memory_order_relaxed);
    before_[6] = thread->waits.nested_ns;
    now.kind.store(0, std::memory_order_relaxed);
  }
  thread->waits.nested_ns = 0;
  thread->waits.ran_ns.store(0, std::memory_order_relaxed);
  now.start_ns.store(start_ns_, std::memory_order_relaxed);
  now.return_address.store(caller_.return_address, std::memory_order_relaxed);
  now.sp.store(caller_.sp, std::memory_order_relaxed);
  now.fp.store(caller_.fp, std::memory_order_relaxed);
  now.function.store(function(), std::memory_order_relaxed);
  now.kind.store(static_cast<uint32_t>(kind_), std::memory_order_release);
}

uint64_t Wait::over() {
  const uint64_t end_ns = clock_source::monotonic_ns();
  Thread* thread = thread_state.thread;
  if (thread == nullptr) {
    if (entry_ != nullptr) leave(*entry_);
    return end_ns - start_ns_;
  }
  OfThread& mine = thread->waits;
  if (entry_ != nullptr) let_go(mine, entry_);
  ran_ns_ = mine.ran_ns.load(std::memory_order_relaxed);
  const uint64_t ns = end_ns - start_ns_;
  if (ns > ran_ns_) mine.off.measured(ns - ran_ns_);
  ended(thread, end_ns);
  return ns;
}

bool Wait::over_if_waited(uint64_t* ns) {
  Thread* thread = thread_state.thread;
  // Nothing is asked once nothing is recorded any more: a filter may forbid it. A wait in a handler
  // that interrupted one is a part of that one's time.
  if (!are_followed() || off_processor::section_offset == 0 || thread == nullptr ||
      kind_before_ != 0) {
    *ns = over();
    return true;
  }
  OfThread& mine = thread->waits;
  const uint64_t end_ns = clock_source::monotonic_ns();
  const uint64_t own_ns = end_ns - start_ns_ - least(mine.nested_ns, end_ns - start_ns_);
  uint64_t waited_ns = 0;
  if (!mine.off.is_to_ask(own_ns, end_ns)) {
    waited_ns = mine.off.short_wait(own_ns, end_ns);
  } else if (!mine.off.asked(off_processor::use_of_thread(), own_ns, end_ns, &waited_ns)) {
    was_none();
    return false;
  }
  *ns = end_ns - start_ns_;
  ran_ns_ = *ns - waited_ns;
  ran_is_exact_ = true;
  ended(thread, end_ns);
  return true;
}

void Wait::ended(Thread* thread, uint64_t end_ns) {
  OfThread& mine = thread->waits;
  mine.last_start_ns = start_ns_;
  mine.last_end_ns = end_ns;
  mine.last_kind = static_cast<uint32_t>(kind_);
  show_again(mine, end_ns - start_ns_);
}

uint64_t Wait::was_none() {
  if (thread_state.thread == nullptr) return 0;
  OfThread& mine = thread_state.thread->waits;
  show_again(mine, mine.ran_ns.load(std::memory_order_relaxed));
  return 0;
}

// A wait that this one interrupted goes on; one whose frame is gone was left by a jump.
void Wait::show_again(OfThread& thread, uint64_t accounted_ns) {
  Published& now = thread.now;
  now.kind.store(0, std::memory_order_relaxed);
  if (kind_before_ == 0 || before_[2] <= caller_.sp) return;
  now.start_ns.store(before_[0], std::memory_order_relaxed);
  now.return_address.store(before_[1], std::memory_order_relaxed);
  now.sp.store(before_[2], std::memory_order_relaxed);
  now.fp.store(before_[3], std::memory_order_relaxed);
  now.function.store(before_[4], std::memory_order_relaxed);
  thread.ran_ns.store(before_[5] + accounted_ns, std::memory_order_relaxed);
  thread.nested_ns = before_[6] + accounted_ns;
  now.kind.store(kind_before_, std::memory_order_release);
}

Kind state_since(uint64_t since_ns) {
  const Thread* thread = thread_state.thread;
  if (thread == nullptr) return Kind::kNone;
  const OfThread& mine = thread->waits;
  const uint64_t now_ns = clock_source::monotonic_ns();
  const uint64_t from = mine.last_start_ns > since_ns ? mine.last_start_ns : since_ns;
  const bool mostly = mine.last_end_ns > from && 2 * (mine.last_end_ns - from) > now_ns - since_ns;
  return mostly ? static_cast<Kind>(mine.last_kind) : Kind::kNone;
}

void running_at(uint64_t sp) {
  Thread* thread = thread_state.thread;
  if (thread == nullptr) return;
  thread->waits.off.ran();
  Published& now = thread->waits.now;
  if (sp > now.sp.load(std::memory_order_relaxed)) now.kind.store(0, std::memory_order_relaxed);
}

void thread_ending(OfThread& thread) {
  thread.now.kind.store(0, std::memory_order_relaxed);
  thread.last_end_ns = 0;
  leave_all(thread);
}

void forget_others() {
  forget_waiters();
  // A wait in whose handler the process was forked is the parent's.
  threads::for_each([](Thread& thread) {
    thread.waits.now.kind.store(0, std::memory_order_relaxed);
    for (auto& held : thread.waits.held) held.entry = nullptr;
  });
}

}  // namespace waits
