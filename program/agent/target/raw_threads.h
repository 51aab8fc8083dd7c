// Threads without a snapshot; the kernel gives their names.
#pragma once

#include <cstdint>
#include <set>
#include <vector>

#include "program/profiles/profile.h"
#include "program/profiles/profile_editor.h"

namespace program {

// A sample with these values and the stack [unknown] for each of the threads that still live, with
// its name and state, and its number too.
void add_raw_threads(Profile* profile, ProfileEditor& editor, int pid,
                     const std::set<int64_t>& tids, const std::vector<int64_t>& values,
                     bool with_number);

}  // namespace program
