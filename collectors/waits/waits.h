// Waits: which thread waits where, seen from other threads while it lasts, and for which lock, so
// that the unlocking thread knows which time to charge.
//
// A wait is published in its thread's record before the real call (some stores, no walk): what is
// still open at a dump is seen from outside. A wait for a lock is also entered under the lock's
// address (lock_waiters.h). Nothing here blocks or allocates. A wait that is left by a jump leaves
// its entry: the thread's next wait on that stack, or its end, takes it out.
#pragma once

#include <atomic>
#include <cstdint>

#include "collectors/threads/thread_part.h"
#include "collectors/unwind/stack_trace.h"
#include "collectors/waits/lock_waiters.h"
#include "collectors/waits/wait_estimator.h"
#include "env/sys/compiler/attributes.h"

namespace waits {

enum class Kind : uint32_t {
  kNone,
  kMutex,
  kReadLock,
  kWriteLock,
  kSpin,
  kCondition,
  kSemaphore,
  kJoin,
  kBarrier,
  kOnce,
  kFutex,
  kSleep,
  kIo,
  kOther,  // for a child, a signal
  kCount
};

// A wait for another thread: what block and mutex record, also where calls are followed for wall.
constexpr bool is_contention(Kind kind) {
  return kind >= Kind::kMutex && kind <= Kind::kFutex;
}

// As the labels have it: a Text in the tables, 0 without room. Context: any.
layout::Ref name_of(Kind kind) SIGNAL_SAFE;

// Whether the unlocking thread is charged for waits: else no wait is entered under its lock.
// kSampled: only some of the waits that follow each other closely are entered (quick_weight).
enum class Charges : uint32_t { kNone, kSampled, kAll };

// How many collectors want to know of waits. Context: start, stop.
void follow(bool on);
void follow_charges(Charges wanted);
// HIDDEN: found by its distance, not through the GOT.
HIDDEN extern std::atomic<int> followers;
inline bool are_followed() SIGNAL_SAFE {
  return UNLIKELY(followers.load(std::memory_order_relaxed) != 0);
}

// What a thread shows of its wait. Only the thread writes it, kind last (release), and withdraws
// kind first: a reader that loads kind with acquire sees the rest of that wait or of a later one.
struct Published {
  std::atomic<uint32_t> kind;
  std::atomic<uint64_t> start_ns, return_address, sp, fp, function;
  std::atomic<bool> is_nested;  // in a handler that interrupted another one
};

// What other threads have recorded of the published wait (wall/open_waits.h): its start and the
// recorded time in one word, so that both change at once. Shorter waits are not recorded.
constexpr uint64_t kLeastRecorded_ns = 1000000;
uint64_t already_recorded_word(uint64_t start_ns, uint64_t ns) SIGNAL_SAFE;
uint64_t ns_of_already_recorded(uint64_t word, uint64_t start_ns) SIGNAL_SAFE;

// What a thread keeps of its waits.
struct OfThread {
  HIDDEN static const uint32_t kPlace;  // in a thread's record
  Published now;
  std::atomic<uint64_t> already_recorded;
  // The part of the published wait that is accounted elsewhere: the CPU time of ticks and the waits
  // of handlers in it. Written by the thread and its own handlers.
  std::atomic<uint64_t> ran_ns;
  uint64_t nested_ns;  // of ran_ns, the waits of handlers
  WaitEstimator off;
  // The last wait that is over, for a reader that needs what the thread did a moment ago.
  uint64_t last_start_ns, last_end_ns;
  // The wait that was published last is over, and not yet in the thread's account: another thread
  // that looks now finds it in neither. Written by the thread, and by one that begins its account.
  std::atomic<bool> is_unsettled;
  uint32_t last_kind;
  uint32_t quick;  // how many began soon after the one before, lately
  HeldEntries held;
};
inline OfThread& of(Thread& thread) {
  return threads::part<OfThread>(thread);
}
inline const OfThread& of(const Thread& thread) {
  return threads::part<OfThread>(thread);
}

// A thread begins with this record. Context: the thread itself.
void begin(OfThread& thread);

// A wait from before the real call to after it.
class Wait {
 public:
  // `object`: what is waited for. `function`: that waits.
  Wait(Kind kind, const void* object, const Caller& caller, const void* function) SIGNAL_SAFE;
  // A call that may wait, ended by over_if_waited() or was_none(): its start may be a guess. The
  // descriptor counts from 1; `name` is the function's, where a trace is to show it.
  Wait(Kind kind, const Caller& caller, const void* function, uint64_t descriptor = 0,
       const char* name = nullptr) SIGNAL_SAFE;
  // It is over, and got what it was for or not; gives its nanoseconds. Called once.
  uint64_t over(bool was_let_in = true) SIGNAL_SAFE;
  // The thread did not wait: instead of over(); gives 0.
  uint64_t was_none() SIGNAL_SAFE;
  // After a call that may have waited, in which the thread left the processor: over(), unless it
  // was only interrupted. False: it did not wait.
  bool over_if_waited(uint64_t* ns) SIGNAL_SAFE;
  Kind kind() const { return kind_; }
  const Caller& caller() const { return caller_; }
  // One of many waits for locks that follow each other closely. Recording happens while the lock is
  // held, and makes other threads wait: so only one in kOneIn is recorded.
  bool is_one_of_many() const SIGNAL_SAFE;
  // How much of it was accounted elsewhere; once it is over. Exact, or as far as ticks tell.
  uint64_t ran_ns() const { return ran_ns_; }
  bool ran_is_exact() const { return ran_is_exact_; }
  uint64_t function() const { return reinterpret_cast<uint64_t>(function_); }
  // What other threads have recorded of it while it lasted; once it is over.
  uint64_t already_recorded_ns() const { return already_recorded_ns_; }
  // For the trace, once it is over: when, for what, and the number of the wake, 0: not known.
  uint64_t start_ns() const { return start_ns_; }
  uint64_t end_ns() const { return end_ns_; }
  const void* object() const { return object_; }
  uint64_t wake() const { return wake_; }

 private:
  uint64_t tell_beginning(const char* name) const SIGNAL_SAFE;
  void show(Thread* thread) SIGNAL_SAFE;
  void ended(Thread* thread, uint64_t end_ns) SIGNAL_SAFE;
  void show_again(OfThread& thread, uint64_t accounted_ns) SIGNAL_SAFE;

  Kind kind_;
  Caller caller_;
  const void* object_;
  const void* function_;
  uint64_t start_ns_, end_ns_ = 0, wake_ = 0;
  uint64_t begin_place_ = 0;  // of its event (trace_ring.h), 0: none
  uint64_t ran_ns_ = 0, already_recorded_ns_ = 0;
  bool ran_is_exact_ = false;
  // What the thread showed before: a handler may interrupt a wait.
  uint64_t before_[8];
  uint32_t kind_before_;
  bool before_is_nested_ = false;
  Entry* entry_;
};

// What the calling thread was doing most of the time since `since_ns`: a kind of wait, or kNone for
// running. Context: any.
Kind state_since(uint64_t since_ns) SIGNAL_SAFE;

// The calling thread runs at `sp`: a wait whose frame is gone, since a jump has left it, is over.
// Context: signal handler.
void running_at(uint64_t sp) SIGNAL_SAFE;

// What other threads have recorded of the wait that began then and is no longer published.
// `instead`: the word of the wait that it interrupted. Either the inspecting thread finds that the
// wait is over, and takes its record back, or it is found here. Context: the thread itself.
uint64_t take_already_recorded(OfThread& thread, uint64_t start_ns,
                               uint64_t instead = 0) SIGNAL_SAFE;

// The calling thread ends. Context: the thread itself.
void thread_ending(OfThread& thread);

// A forked child has no other threads. Context: forked child.
void forget_others();

}  // namespace waits
