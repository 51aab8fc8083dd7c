// Threads that were made past the threads library (clone): they may have no thread-local memory
// that is libc's, so nothing of theirs is touched but their registers and their stack.
#pragma once

#include <signal.h>

#include <cstdint>

#include "collectors/cpu/ticks.h"

namespace raw_threads {

// Gives each tick of theirs, and what they have used beyond, to `give`. Context: start.
using Give = void (*)(Thread* none, layout::Ref stack, layout::Ref labels, uint64_t cpu_ns);
void start(int signal, uint64_t period_ns, Give give);
void stop();
// Context: forked child.
void forget();

// One was made; its timer is armed if ticks are recorded. Context: its maker.
void born(int tid);
// A thread has a record under this number now: if it was taken for one of them, it is none.
// Context: the thread itself.
void begun(int tid);
// Looks for raw threads. Context: any.
void look() SIGNAL_SAFE;

// True if the signal was a tick of theirs. Context: signal handler, before anything thread-local.
bool ticked(const siginfo_t& info, const void* context) SIGNAL_SAFE;

// Gives `to` what live raw threads have used beyond their ticks; returns the sum. Context: stop.
uint64_t settle(Give to);

}  // namespace raw_threads
