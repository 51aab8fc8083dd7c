// Profiles that the host makes itself (include/profiler.h): what is there now, by the stack that
// put it there.
#pragma once

#include <cstdint>
#include <string_view>

#include "collectors/unwind/stack_trace.h"

namespace custom {

constexpr unsigned kMost = 36;
constexpr unsigned kLongestName = 127;

// The profile of this name, made if it is not there: a handle, or null if there can be none.
// Context: any thread, not in a handler.
void* profile(const char* name);

// 0 or a number of errno.h; 0 for a handle that is null. Context: as above; the first in a function
// that the host calls.
int add(void* handle, const void* key, int skip, const Caller& caller);
int remove(void* handle, const void* key);

// The name of the profile in this row of the modes, as the program gave it; empty: there is none.
// Context: any.
std::string_view name_of(uint32_t mode);

// A forked child begins with nothing but the names. Context: one thread.
void forget();

}  // namespace custom
