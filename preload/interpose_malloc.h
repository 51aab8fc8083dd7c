// The malloc family: which way its calls go.
#pragma once

namespace interpose_malloc {

// Finds the next definitions, if no call has done so yet. Context: start.
void settle_now();

// The next definitions are another allocator's than libc's: its functions may call each other by
// name, which is counted once. Context: start.
void expect_calls_of_its_own();

}  // namespace interpose_malloc
