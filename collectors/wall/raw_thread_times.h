// How long raw threads have waited (raw clone, a pthread_create bound past us). Each inspection
// records the time that a thread has lived and not run, at the place where it stands then.
#pragma once

#include "collectors/wall/open_waits.h"

namespace raw_thread_times {

// A recording begins: earlier time does not belong to it. Context: start; the inspecting thread.
void begin(uint64_t since_ns);

// Records the unrecorded time of that thread; of all. Context: the inspecting thread.
void settle(int tid, open_waits::Record record);
void settle_all(open_waits::Record record);

}  // namespace raw_thread_times
