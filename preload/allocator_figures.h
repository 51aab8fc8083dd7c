// The allocator below ours: which it is, and what it says of itself.
#pragma once

#include "encoder/memory_facts.h"

namespace allocator_figures {

// Finds the object that defines malloc, and in it the function that counts its memory. Context:
// start, after real::resolve (it asks the loader).
void find();

// Asks for the figures; without them where that would harm the host. Context: cold, as
// copied_process::run; `resident` is of this process.
void describe(encoder::AllocatorFacts& facts, uint64_t resident);

}  // namespace allocator_figures
