// Waits: who waits where, seen from other threads while it lasts, and for which lock, so that who
// unlocks it knows what it is to answer for.
//
// A wait is published in its thread's record before the real call (some stores, no walk): what is
// still open at a dump is seen from outside. A wait for a lock is also entered under the lock's
// address; the thread that unlocks takes from each entry the time since it began or was last taken.
// Nothing here blocks or allocates. A wait that is left by a jump leaves its entry: the thread's
// next wait on that stack, or its end, takes it out.
#pragma once

#include <atomic>
#include <cstdint>

#include "collectors/core/stack_trace.h"
#include "env/safe/attributes.h"

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

// As the labels have it: a Text in the tables, 0 without room. Context: any.
layout::Ref name_of(Kind kind) SIGNAL_SAFE;

// How many collectors want to know of waits; and whether who unlocks is to answer for them: else
// no wait is entered under its lock. Context: start, stop.
void follow(bool on);
void follow_debts(bool on);
// Whether a lock's waits are entered. Context: any.
bool are_entered(Kind kind) SIGNAL_SAFE;
// HIDDEN: found by its distance, not through the GOT.
HIDDEN extern std::atomic<int> followers;
inline bool are_followed() SIGNAL_SAFE {
  return UNLIKELY(followers.load(std::memory_order_relaxed) != 0);
}

struct Entry {
  std::atomic<const void*> lock;  // null: free
  std::atomic<uint64_t> since_ns;
};

// The waits for the locks whose addresses fall together; those that find no room go to the next.
struct alignas(256) Bucket {
  static constexpr unsigned kEntries = 15;
  std::atomic<uint32_t> used;        // by waits for its own locks, also where those went further
  std::atomic<uint32_t> overflowed;  // once full: later buckets are looked at for ever
  Entry entries[kEntries];
};
constexpr unsigned kBucketBits = 10, kBuckets = 1u << kBucketBits;
constexpr unsigned kMostBuckets = 64;  // for one lock: nearly a thousand waiters
HIDDEN extern Bucket buckets[kBuckets];

inline unsigned bucket_of(const void* lock) SIGNAL_SAFE {
  return static_cast<unsigned>(reinterpret_cast<uint64_t>(lock) * 0x9e3779b97f4a7c15u >>
                               (64 - kBucketBits));
}

// Nearly always false where nobody waits for `lock`. A wait is entered before the lock is asked
// for, so that whoever has it sees every wait that it lasts for. Context: any.
inline bool may_wait_for(const void* lock) SIGNAL_SAFE {
  return buckets[bucket_of(lock)].used.load(std::memory_order_relaxed) != 0;
}

// Calls visit(entry) for those who wait for `lock`. Context: any.
template <typename Visit>
void each_entry(const void* lock, Visit visit) {
  const unsigned first = bucket_of(lock);
  for (unsigned b = 0; b < kMostBuckets; b++) {
    Bucket& bucket = buckets[(first + b) % kBuckets];
    for (Entry& entry : bucket.entries) {
      // Acquire: pairs with enter's release, behind the rest of the entry.
      if (entry.lock.load(std::memory_order_acquire) == lock) visit(entry);
    }
    if (bucket.overflowed.load(std::memory_order_relaxed) == 0) break;
  }
}

// What a thread shows of its wait. Written by the thread alone, kind last (release) and first taken
// back: whoever loads a kind with acquire sees the rest of it, or of a later one.
struct Published {
  std::atomic<uint32_t> kind;
  std::atomic<uint64_t> start_ns, return_address, sp, fp, function;
};

// What a thread keeps of its waits.
struct OfThread {
  static constexpr unsigned kNested = 4;  // waits in handlers that interrupted waits
  Published now;
  // Of the wait that is published, what is accounted elsewhere: the CPU time of ticks and the waits
  // of handlers in it; of the thread and its own handlers.
  std::atomic<uint64_t> ran_ns;
  // What the thread's count of waits was when it was last asked for (off_processor.h).
  uint64_t given_up;
  // The last one that is over, for who asks what the thread did a moment ago.
  uint64_t last_start_ns, last_end_ns;
  uint32_t last_kind;
  struct {
    Entry* entry;  // null: none
    uint64_t sp;
  } held[kNested];
};

// A wait from before the real call to after it.
class Wait {
 public:
  // `object`: what is waited for; of those that nobody tells us of, the descriptor. `function`: that
  // waits, and its name where a trace is to show that.
  Wait(Kind kind, const void* object, const Caller& caller, const void* function,
       const char* name = nullptr) SIGNAL_SAFE;
  // It is over, and got what it was for or not; gives its nanoseconds. Called once.
  uint64_t over(bool was_let_in = true) SIGNAL_SAFE;
  // The thread did not wait: instead of over(); gives 0.
  uint64_t was_none() SIGNAL_SAFE;
  // Of a thread that has left the processor: whether it waited, or was only interrupted. Before
  // over().
  bool gave_up_processor() SIGNAL_SAFE;
  Kind kind() const { return kind_; }
  const Caller& caller() const { return caller_; }
  // What of it was accounted elsewhere; once it is over.
  uint64_t ran_ns() const { return ran_ns_; }
  uint64_t function() const { return reinterpret_cast<uint64_t>(function_); }
  // For the trace, once it is over: when, for what, and the number of the wake, 0: not known.
  uint64_t start_ns() const { return start_ns_; }
  uint64_t end_ns() const { return end_ns_; }
  const void* object() const { return object_; }
  uint64_t wake() const { return wake_; }

 private:
  uint64_t tell_beginning(const char* name) const SIGNAL_SAFE;
  void show_again(OfThread& thread, uint64_t accounted_ns) SIGNAL_SAFE;

  Kind kind_;
  Caller caller_;
  const void* object_;
  const void* function_;
  uint64_t start_ns_, end_ns_ = 0, wake_ = 0;
  uint64_t begin_place_ = 0;  // of its event (trace_ring.h), 0: none
  uint64_t given_up_before_ = 0, ran_ns_ = 0;
  // What the thread showed before: a handler may interrupt a wait.
  uint64_t before_[6];
  uint32_t kind_before_;
  Entry* entry_;
};

// What the calling thread, about to release `lock`, is to answer for: the time that those who wait
// for it now have waited since they began or since it was last released. Context: any.
struct Debt {
  uint64_t delay_ns;
  uint64_t oldest_ns;  // when the first of them began, or the last release
};
Debt take_debt(const void* lock) SIGNAL_SAFE;

// What the calling thread was doing most of the time since `since_ns`: a kind of wait, or kNone for
// running. Context: any.
Kind state_since(uint64_t since_ns) SIGNAL_SAFE;

// The calling thread runs at `sp`: a wait that a jump has left above which it stands is over. On
// another stack than the wait's that may take back one that goes on, which is then not seen from
// outside. Context: signal handler.
void running_at(uint64_t sp) SIGNAL_SAFE;

// The calling thread ends. Context: the thread itself.
void thread_ending(OfThread& thread);

// A forked child has no other threads. Context: forked child.
void forget_others();

}  // namespace waits
