// The entry points of other allocators (allocators.def), each with a function that counts and goes
// on. Nothing here is exported: a host that asks whether it has jemalloc must not hear yes from
// us. Calls are led here by the places they go through (allocators.h).
#pragma once

#include "preload/hooks/sampled_malloc.h"

namespace interpose_allocators {

using Word = uint64_t;
using Call = Word(Word, Word, Word, Word, Word);

enum class Group { kExported, kBeside, kLibc, kOwn };

struct EntryPoint {
  const char* name;
  Group group;
  Call* counting;
  // Where it goes on; null until it is set, and nothing is led there before.
  Next<Call>* next;
};

// The entry point of that name, or null. Context: any.
const EntryPoint* find(const char* name) SIGNAL_SAFE;

}  // namespace interpose_allocators
