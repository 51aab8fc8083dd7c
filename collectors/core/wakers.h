// Who let a waiting thread go on: whoever is about to release, signal or post leaves the number of
// its wake with those who wait for it (core/waits.h), who find it when their wait is over.
//
// What is true and what remains a guess: docs/decisions/0014-trace.md.
#pragma once

#include <cstdint>

#include "collectors/core/waits.h"
#include "env/safe/attributes.h"

namespace wakers {

// Whether the waits for what has no holder (conditions, semaphores, joins, barriers) are entered
// too. Context: start, stop.
void follow(bool on);
bool are_followed() SIGNAL_SAFE;

struct Told {
  unsigned count = 0;      // 0: nobody waits here
  uint64_t oldest_ns = 0;  // since when the first of them waits
};

// The wake is about to happen. Context: any.
//
// Every waiter: of a lock that the caller holds (only one of them gets it, and that one was told by
// the last holder), a broadcast, a barrier, a thread's end.
Told tell_all(const void* object, uint64_t wake) SIGNAL_SAFE;
// Of those only who wait in this way: a reader-writer lock's readers or writers.
Told tell_all(const void* object, waits::Kind kind, uint64_t wake) SIGNAL_SAFE;
// Those who have waited longest of those who were not told yet.
Told tell_oldest(const void* object, uint64_t wake, unsigned most) SIGNAL_SAFE;
// The same where nobody is left, although none of them can go on by an earlier wake: then those
// went elsewhere, and the one who has waited longest is told anew.
Told tell_anew(const void* object, uint64_t wake) SIGNAL_SAFE;
// The wake of whom that wait told first, 0: nobody; and taking it back again, where another thread
// takes what they were let in for without waiting itself.
uint64_t told_first(const void* object) SIGNAL_SAFE;
void take_back(const void* object, uint64_t wake) SIGNAL_SAFE;
// Takes it back from all but `most` of those who were told and have not gone on.
void keep(const void* object, uint64_t wake, unsigned most) SIGNAL_SAFE;

// For waits.cc: an entry is made, before its lock is seen; and is left, having been let in or not.
// Gives the wake's number, 0: not known.
void entered(waits::Entry& entry, waits::Kind kind, uint64_t now_ns) SIGNAL_SAFE;
uint64_t left(waits::Entry& entry, waits::Kind kind, bool was_let_in) SIGNAL_SAFE;

}  // namespace wakers
