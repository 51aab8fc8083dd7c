// Time on and off the CPU, of all threads: what runs by its ticks, what waits by its own clock.
#pragma once

#include "collectors/waits/waits.h"

struct Thread;

namespace wall {

// A wait of `ns` is over (0: it was none). Context: the waiting thread, after the real call.
void waited(const waits::Wait& wait, uint64_t ns) SIGNAL_SAFE;

// The calling thread begins, or ends, under this record. Context: the thread itself.
void thread_began(Thread& thread);
void thread_ending(Thread& thread);

}  // namespace wall
