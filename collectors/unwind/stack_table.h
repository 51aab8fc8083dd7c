// Stacks, each kept once (hash-consed by all their addresses), for all collectors.
#pragma once

#include "collectors/unwind/stack_trace.h"
#include "tables/layout.h"

namespace stack_table {

// The interned stack, or 0 when the tables are full. Lock-free. Context: any.
layout::Ref intern(const StackTrace& trace) SIGNAL_SAFE;

}  // namespace stack_table
