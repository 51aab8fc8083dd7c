// Unwind rules of a program that was built without .eh_frame but with -g: its .debug_frame, which
// is not loaded and is mapped from the program's own file (which no process can write while it
// runs).
#pragma once

#include <cstdint>

#include "collectors/unwind/eh_frame.h"

namespace debug_frame {

// Maps the section and makes its index, if there is one that is not compressed. `bias`: what was
// added to the addresses in the file. Context: start.
void open(uint64_t bias);

// As find_unwind_entry, for the program's own code. Context: any.
bool find(uint64_t pc, UnwindEntry* entry) SIGNAL_SAFE;

}  // namespace debug_frame
