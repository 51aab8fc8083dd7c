// How long the threads have waited that nobody told us of (raw clone, a pthread_create bound past
// us): what a look finds that they have lived and not run, where they stand then.
#pragma once

#include "collectors/core/time_so_far.h"

namespace stranger_times {

// A recording begins: what they did before is not of it. Context: start; who looks.
void begin(uint64_t since_ns);

// Records what nobody has recorded yet of that one; of all. Context: who looks.
void settle(int tid, time_so_far::Record record);
void settle_all(time_so_far::Record record);

}  // namespace stranger_times
