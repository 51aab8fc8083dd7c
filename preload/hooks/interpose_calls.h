// Switches of the calls that may wait, and of those that open and close descriptors.
#pragma once

namespace interpose_calls {

// What a call is led through a function of ours for.
enum Use : unsigned { kTimed = 1, kCounted = 2 };

// From here on the calls of these uses are. Those that may wait are timed while a mode wants it
// (timed_calls_switch.h), and a thread that comes by may be asked something (snapshot_on_demand.h).
// Context: start.
void follow(unsigned uses);

// The definition behind ours of a call that has none but these uses; null if it is no such one.
// Context: start.
const void* next_of(const char* name, unsigned uses);

}  // namespace interpose_calls
