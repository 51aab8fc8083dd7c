// Which thread let a waiting thread go on. A thread that is about to release, signal or post leaves
// the number of its wake with the waiters (waits/waits.h), which find it when their wait is over.
//
// What is true and what remains a guess: docs/decisions/0014-trace.md.
#pragma once

#include <cstdint>

#include "collectors/waits/waits.h"
#include "env/sys/compiler/attributes.h"

namespace wakeups {

// Whether the waits for what has no holder (conditions, semaphores, joins, barriers) are entered
// too. Context: start, stop.
void follow(bool on);
bool are_followed() SIGNAL_SAFE;

struct Notified {
  unsigned count = 0;      // 0: no thread waits here
  uint64_t oldest_ns = 0;  // since when the first of them waits
};

// The wake is about to happen. Context: any.
//
// Notifies every waiter: of a lock that the caller holds (only one of them gets it, and the last
// holder notified that one), a broadcast, a barrier, a thread's end.
Notified tell_all(const void* object, uint64_t wake) SIGNAL_SAFE;
// Only the waiters of this kind: a reader-writer lock's readers or writers.
Notified tell_all(const void* object, waits::Kind kind, uint64_t wake) SIGNAL_SAFE;
// The oldest waiters of those that were not notified yet.
Notified tell_oldest(const void* object, uint64_t wake, unsigned most) SIGNAL_SAFE;
// The same where all waiters were notified, although none can go on by an earlier wake. Those wakes
// went elsewhere, so the oldest waiter is notified again.
Notified tell_anew(const void* object, uint64_t wake) SIGNAL_SAFE;
// The wake of the oldest notified waiter, 0: none. take_back() withdraws a wake where another
// thread took the object without waiting.
uint64_t told_first(const void* object) SIGNAL_SAFE;
void take_back(const void* object, uint64_t wake) SIGNAL_SAFE;
// Withdraws it from all but `most` of the notified waiters that have not gone on.
void keep(const void* object, uint64_t wake, unsigned most) SIGNAL_SAFE;

// For waits.cc: an entry is made, before its lock is seen; and is left, with or without the lock.
// Returns the wake's number, 0: not known.
void entered(waits::Entry& entry, waits::Kind kind, uint64_t now_ns) SIGNAL_SAFE;
uint64_t left(waits::Entry& entry, waits::Kind kind, bool was_let_in) SIGNAL_SAFE;

}  // namespace wakeups
