#include "collectors/core/waits.h"

#include "collectors/core/threads.h"
#include "env/safe/clock.h"
#include "env/safe/tables.h"
#include "env/safe/thread_state.h"

namespace waits {

constinit std::atomic<int> followers;
constinit Bucket buckets[1u << kBucketBits]{};

namespace {

uint64_t least(uint64_t a, uint64_t b) {
  return a < b ? a : b;
}

constexpr unsigned kBuckets = 1u << kBucketBits;
constexpr unsigned kMostBuckets = 64;  // for one lock: nearly a thousand waiters

const char claimed = 0;  // an entry that is being filled
std::atomic<bool> debts_wanted;

Entry* enter(const void* lock, uint64_t now_ns) {
  const unsigned first = bucket_of(lock);
  for (unsigned b = 0; b < kMostBuckets; b++) {
    Bucket& bucket = buckets[(first + b) % kBuckets];
    for (Entry& entry : bucket.entries) {
      const void* nobody = nullptr;
      if (entry.lock.load(std::memory_order_relaxed) != nullptr ||
          !entry.lock.compare_exchange_strong(nobody, &claimed, std::memory_order_acquire)) {
        continue;
      }
      entry.since_ns.store(now_ns, std::memory_order_relaxed);
      buckets[first].used.fetch_add(1, std::memory_order_relaxed);
      // Release: who finds the lock finds since when.
      entry.lock.store(lock, std::memory_order_release);
      return &entry;
    }
    bucket.overflowed.store(1, std::memory_order_relaxed);
  }
  return nullptr;
}

void leave(Entry& entry) {
  const void* lock = entry.lock.exchange(nullptr, std::memory_order_acq_rel);
  // A fork may have emptied it.
  if (lock != nullptr) buckets[bucket_of(lock)].used.fetch_sub(1, std::memory_order_relaxed);
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

void follow_debts(bool on) {
  debts_wanted.store(on, std::memory_order_relaxed);
}

Wait::Wait(Kind kind, const void* lock, const Caller& caller, const void* function)
    : kind_(kind),
      caller_(caller),
      function_(function),
      start_ns_(clock_source::monotonic_ns()),
      entry_(nullptr) {
  Thread* thread = thread_state.thread;
  if (lock != nullptr && debts_wanted.load(std::memory_order_relaxed)) {
    entry_ = enter(lock, start_ns_);
  }
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
  // A wait in a handler that interrupted one is a part of that one's time.
  if (off_processor::section_offset == 0 || thread == nullptr || kind_before_ != 0) {
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

Debt take_debt(const void* lock) {
  Debt debt{0, 0};
  uint64_t now_ns = 0;
  const unsigned first = bucket_of(lock);
  for (unsigned b = 0; b < kMostBuckets; b++) {
    Bucket& bucket = buckets[(first + b) % kBuckets];
    for (Entry& entry : bucket.entries) {
      if (entry.lock.load(std::memory_order_acquire) != lock) continue;
      if (now_ns == 0) now_ns = clock_source::monotonic_ns();
      // One that leaves at this moment, and comes back for another lock, loses some nanoseconds.
      const uint64_t since_ns = entry.since_ns.exchange(now_ns, std::memory_order_relaxed);
      if (since_ns >= now_ns) continue;
      debt.delay_ns += now_ns - since_ns;
      if (debt.oldest_ns == 0 || since_ns < debt.oldest_ns) debt.oldest_ns = since_ns;
    }
    if (bucket.overflowed.load(std::memory_order_relaxed) == 0) break;
  }
  return debt;
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
  for (Bucket& bucket : buckets) {
    // Not written where nothing is: the pages stay the parent's.
    for (Entry& entry : bucket.entries) {
      if (entry.lock.load(std::memory_order_relaxed) == nullptr) continue;
      entry.lock.store(nullptr, std::memory_order_relaxed);
    }
    if (bucket.used.load(std::memory_order_relaxed) == 0) continue;
    bucket.used.store(0, std::memory_order_relaxed);
  }
  // A wait in whose handler the process was forked is the parent's.
  threads::for_each([](Thread& thread) {
    thread.waits.now.kind.store(0, std::memory_order_relaxed);
    for (auto& held : thread.waits.held) held.entry = nullptr;
  });
}

}  // namespace waits
