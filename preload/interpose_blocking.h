// Switches of the calls that may wait.
#pragma once

namespace interpose_blocking {

// From here on they are timed. Context: start.
void follow();

// The definition behind ours of a call of the list; null if it is none. Context: start.
const void* next_of(const char* name);

}  // namespace interpose_blocking
