// Heap profiles begin at the function that asked for memory, not at the allocator.
#pragma once

#include "program/profiles/profile.h"

namespace program {

// True if the profile counts allocations.
bool has_allocations(const Profile& profile);

// Removes allocators, inlined ones too, from the leaf of every stack up to the first other frame;
// a stack of nothing else stays. Stacks that are the same afterwards, labels included, become one.
void drop_allocator_frames(Profile* profile);

}  // namespace program
