// The collectors that get the ticks (ticks.h): one that comes or goes has a tick more or less.
#pragma once

#include "collectors/cpu/ticks.h"

namespace tick_consumers {

// Context: start, stop.
void add(ticks::Consumer consumer, uint32_t mode);
void remove(ticks::Consumer consumer);
void remove_all();
unsigned count();

// Whether one of them records now. Ticks come also while none does: a host's timers cannot be armed
// from outside (docs/decisions/0011-the-agent.md). Context: any.
bool are_recording() SIGNAL_SAFE;

// To all of them. Context: signal handler of the thread; its end; stop.
void give(Thread* thread, layout::Ref stack, layout::Ref labels, uint64_t cpu_ns) SIGNAL_SAFE;

}  // namespace tick_consumers
