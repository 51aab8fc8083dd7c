// What the heap's profiles are compared with in their comments: the process's memory now.
#pragma once

#include "encoder/pprof/memory_facts.h"

namespace memory_facts {

// Finds whom to ask. Context: start, when the collectors run (it asks the loader).
void prepare();

// Nothing for a recording without the heap. Context: cold; one thread at a time, before the files
// are written. `last`: the process ends; else the allocator is not asked, which takes time.
encoder::MemoryFacts collect(bool last);

// From now on collect gives what is the case now: the program has begun to end, and what is in use
// stands still. Context: as collect, once; a forked child forgets it.
void remember();
void forget();

}  // namespace memory_facts
