// The allocator below ours: which it is, and what it says of itself.
#pragma once

#include "encoder/pprof/memory_facts.h"
#include "env/process_memory.h"

namespace allocator_figures {

// Finds the object that defines malloc, and in it the function that counts its memory. Context:
// start, after real::resolve (it asks the loader).
void find();

// Asks for the figures; without them where that would harm the host. Context: cold, as
// copied_process::run; `last` as memory_facts::collect.
void describe(encoder::AllocatorFacts& facts, const process_memory::Counters& counters, bool last);

}  // namespace allocator_figures
