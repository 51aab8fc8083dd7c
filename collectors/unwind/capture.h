// What collectors ask for: the stack of here and now, as an entry of the tables. In a signal
// handler it is taken on a stack of the profiler's own, so that little of the host's is used.
#pragma once

#include "collectors/unwind/stack_trace.h"
#include "tables/layout.h"

namespace capture {

// The stack of the interposer's caller; 0 (the pseudo-frame [lost]) when all buffers are in use or
// the tables are full. Context: any thread, not in a handler.
layout::Ref caller(const Caller& caller) SIGNAL_SAFE;
// The same with the function on top that it called. Context: as above.
layout::Ref caller(const Caller& caller, uint64_t function) SIGNAL_SAFE;
// The caller alone, without a walk: a stack that is cut off behind its first frame. Context: any.
layout::Ref caller_alone(const Caller& caller, uint64_t function) SIGNAL_SAFE;
// The same without the `skip` frames nearest to it. Context: as above.
layout::Ref caller_beyond(const Caller& caller, uint32_t skip) SIGNAL_SAFE;

// The stack that a signal interrupted, 0 as above. Context: signal handler, all signals blocked.
layout::Ref context(const void* context) SIGNAL_SAFE;

// The same of thread `tid`, which may have no thread-local memory of libc's. Context: as above.
layout::Ref raw_thread(const void* context, int32_t tid) SIGNAL_SAFE;

// For stacks that are not walked; unknown: one of which nothing is known. Context: any.
layout::Ref unknown() SIGNAL_SAFE;
layout::Ref pseudo(uint64_t leaf, uint64_t root) SIGNAL_SAFE;

}  // namespace capture
