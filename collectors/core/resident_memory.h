// How much of the process is in memory, as the kernel tells: for a point of a timeline.
#pragma once

#include <cstdint>

#include "env/safe/attributes.h"

namespace resident_memory {

// True once in 10 ms, for one of all threads. Context: any.
bool is_due(uint64_t now_ns) SIGNAL_SAFE;

// False where /proc does not tell. Some 4 us. Context: any.
bool read(uint64_t* bytes) SIGNAL_SAFE;

}  // namespace resident_memory
