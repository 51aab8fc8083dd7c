// What of a thread's time is not over yet, recorded by others while it goes on: a wait, of which
// the waiter then records the rest, and the time that nobody tells us of. So a stretch of the
// recording has what lay in it, and nothing is counted twice.
//
// One thread at a time looks at others (asked_roll_call.h); those it looks at go on.
#pragma once

#include "collectors/core/other_thread.h"
#include "collectors/core/thread_times.h"
#include "env/safe/attributes.h"

struct Thread;

namespace time_so_far {

using Record = void (*)(layout::Ref stack, layout::Ref labels, layout::Ref state, int64_t ns);

// The thread's account begins in the middle of its life. What it waited from `since_ns` on in the
// call that it is found in is the account's. `own`: where the calling thread, whose account it is,
// stands; null for others. Context: who looks.
void begin(Thread& thread, uint32_t round, uint64_t since_ns, const other_thread::Place* own);

// Records what nobody has recorded yet: waits that go on, from `shortest_ns` on, and the rest.
// Gives where the thread's whole life went. Context: who looks.
thread_times::Sums settle(Thread& thread, uint64_t shortest_ns, const other_thread::Place* own,
                          Record record);

// The same of a thread that ends. Context: the thread itself.
thread_times::Sums settle_ending(Thread& thread, Record record);

}  // namespace time_so_far
