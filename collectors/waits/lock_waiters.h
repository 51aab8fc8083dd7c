// Which threads wait for which lock, so that the unlocking thread knows which time to charge: a
// table of fixed size, by the lock's address. The thread that unlocks takes from each entry the
// time since it began or was last taken. Nothing here blocks or allocates.
//
// A release with waiters holds the lock for longer than without us: some 100 ns to fetch what the
// waiters wrote. So of waits that follow each other closely one in eight is entered,
// and stands for all: by slices of time, in which all waits for a lock are entered or none, so that
// a release has all of its waiters or none. The choice is made before the length of the wait is
// known.
#pragma once

#include <atomic>
#include <cstdint>

#include "env/sys/compiler/attributes.h"

namespace waits {

constexpr unsigned kOneIn = 8;

struct Entry {
  std::atomic<const void*> lock;  // null: free
  std::atomic<uint64_t> since_ns;
  std::atomic<uint64_t> weight;  // how many waits it stands for
};

// The waits for the locks whose addresses fall together; those that find no room go to the next.
struct alignas(256) Bucket {
  static constexpr unsigned kEntries = 10;
  std::atomic<uint32_t> used;        // by waits for its own locks, also where those went further
  std::atomic<uint32_t> overflowed;  // once full: readers search later buckets for ever
  Entry entries[kEntries];
};
constexpr unsigned kBucketBits = 10, kBuckets = 1u << kBucketBits;
constexpr unsigned kMostBuckets = 96;  // for one lock: 960 waiters
HIDDEN extern Bucket buckets[kBuckets];

inline unsigned bucket_of(const void* lock) SIGNAL_SAFE {
  return static_cast<unsigned>(reinterpret_cast<uint64_t>(lock) * 0x9e3779b97f4a7c15u >>
                               (64 - kBucketBits));
}

// Nearly always false where no thread waits for `lock`. A thread enters its wait before it asks for
// the lock, so the holder sees every wait that it causes. Context: any.
inline bool may_wait_for(const void* lock) SIGNAL_SAFE {
  return buckets[bucket_of(lock)].used.load(std::memory_order_relaxed) != 0;
}

// Calls visit(entry) for each wait for `lock`. Context: any.
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

// How many waits a wait that begins at `now_ns`, one of many in a row, stands for; 0: do not enter
// it. Context: any.
uint64_t quick_weight(const void* lock, uint64_t now_ns) SIGNAL_SAFE;

// `kind`: waits::Kind. Null without room. Context: any.
Entry* enter(const void* lock, uint64_t now_ns, uint64_t weight, uint32_t kind) SIGNAL_SAFE;
void leave(Entry& entry) SIGNAL_SAFE;

// The entries of a thread's waits: of one, and of those in handlers that interrupted it.
class HeldEntries {
 public:
  // Notes the entry with its frame. Entries of frames that are gone, which a jump has left, go too.
  void hold(Entry* entry, uint64_t sp) SIGNAL_SAFE;
  // False after a handler or a fork has given it away.
  bool has(const Entry* entry) const SIGNAL_SAFE;
  void let_go(const Entry* entry) SIGNAL_SAFE;
  void leave_all() SIGNAL_SAFE;
  // They belong to other threads by now.
  void forget() SIGNAL_SAFE;

 private:
  struct {
    Entry* entry;  // null: none
    uint64_t sp;
  } places_[4];
};

// The charge to the calling thread, which is about to release `lock`: the time that its waiters
// have waited since they began or since the last release. Context: any.
struct ContentionCharge {
  uint64_t delay_ns;
  uint64_t oldest_ns;  // when the first of them began, or the last release
  uint64_t weight;     // how many such releases it stands for
};
ContentionCharge charge_waiters(const void* lock) SIGNAL_SAFE;

// Context: forked child.
void forget_waiters();

}  // namespace waits
