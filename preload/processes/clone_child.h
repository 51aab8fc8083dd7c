// A child that shares our memory, made by the bare system call: libc's clone is interposed by
// sanitizers, whose wrapper takes their runtime for a new thread's.
#pragma once

#include <atomic>
#include <cstdint>

#include "env/sys/arch.h"

namespace clone_child {

// The child runs work(argument) on the stack that ends at `stack_end` and exits with what it
// returns. Gives its number, or -errno. `parent_tid` and `child_tid` as CLONE_PARENT_SETTID and
// CLONE_CHILD_CLEARTID use them, else null. No tracer of the host attaches to the child: a debugger
// would take it for a thread. Context: all signals blocked.
long start(int (*work)(void*), char* stack_end, unsigned long flags, void* argument,
           void* parent_tid, void* child_tid);

// Waits while `word` is `value`, which a child changes and wakes; false when the time was over
// first. Context: as above.
bool wait_while(std::atomic<uint32_t>& word, uint32_t value, uint64_t limit_ns);

}  // namespace clone_child
