// Open waits, recorded by other threads while they last. The waiter then records the rest of such a
// wait. The time of waits that are not interposed is recorded likewise. So a stretch of the
// recording has what lay in it, and nothing is counted twice.
//
// One thread at a time inspects the others (snapshot_on_demand.h); those go on meanwhile.
#pragma once

#include "collectors/snapshot/other_thread.h"
#include "collectors/wall/thread_times.h"
#include "env/sys/compiler/attributes.h"

struct Thread;

namespace open_waits {

using Record = void (*)(layout::Ref stack, layout::Ref labels, layout::Ref state, int64_t ns);

// The thread's account begins in the middle of its life. It includes the wait from `since_ns` on in
// the call that the thread is found in. `own`: where the calling thread, whose account it is,
// stands; null for other threads. Context: the inspecting thread.
void begin(Thread& thread, uint32_t round, uint64_t since_ns, const other_thread::Place* own);

// Records the unrecorded time: open waits, from `shortest_ns` on, and the rest. Returns where the
// thread's whole life went. Context: the inspecting thread.
thread_times::Sums settle(Thread& thread, uint64_t shortest_ns, const other_thread::Place* own,
                          Record record);

// The same of a thread that ends. Context: the thread itself.
thread_times::Sums settle_ending(Thread& thread, Record record);

}  // namespace open_waits
