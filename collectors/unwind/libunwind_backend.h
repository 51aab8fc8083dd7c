// PROFILER_UNWINDER=libunwind: the same stacks by the well-known library, for comparison.
//
// Loaded on demand and kept out of the host's scope (its _Unwind_ functions would take over). It is
// what it is: it takes the loader's lock, allocates and makes system calls, also in a handler.
#pragma once

#include "collectors/unwind/stack_trace.h"

namespace libunwind_backend {

// Loads libunwind.so.8; false if it is not installed. Context: start.
bool load();
bool is_loaded();

// Fills the trace from an interrupted context, or from here if it is null. Returns true if the walk
// reached its end, false if the trace was full. Context: as stack_trace.h, with the dangers above.
bool capture(const void* context, unsigned depth, StackTrace& trace);

}  // namespace libunwind_backend
