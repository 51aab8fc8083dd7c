// Switches of the calls that may wait, and of those that open and close descriptors.
#pragma once

namespace interpose_calls {

// What a call is led through a function of ours for.
enum Use : unsigned { kTimed = 1, kCounted = 2 };

// From here on the calls of these uses are. Context: start.
void follow(unsigned uses);
// Those that may wait are led through us without being timed: a thread comes by, and may be asked
// something (asked_roll_call.h).
void come_by();

// The definition behind ours of a call that has none but these uses; null if it is no such one.
// Context: start.
const void* next_of(const char* name, unsigned uses);

}  // namespace interpose_calls
