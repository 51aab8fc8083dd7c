// How much of the process has been in memory at most, as the kernel tells without a descriptor: for
// a point of a timeline.
#pragma once

#include <cstdint>

#include "env/sys/compiler/attributes.h"

namespace resident_memory {

// True once in 10 ms, for one of all threads. Context: any.
bool is_due(uint64_t now_ns) SIGNAL_SAFE;

// Context: any.
bool peak(uint64_t* bytes) SIGNAL_SAFE;

}  // namespace resident_memory
