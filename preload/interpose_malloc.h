// The malloc family: which way its calls go.
#pragma once

namespace interpose_malloc {

// Finds the next definitions, if no call has done so yet. Context: start.
void settle_now();

// The next definitions of those functions for which `comes_back` holds (by name and address) call
// others of the family by their names: their blocks are counted there, once. Context: start.
void expect_calls_of_its_own(bool (*comes_back)(const char* name, const void* function));

}  // namespace interpose_malloc
