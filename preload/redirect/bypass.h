// What a mode that is off costs: nothing, for the objects that are there at the start.
#pragma once

namespace bypass {

struct Families {
  bool allocations, waits, blocking_calls, descriptors;
};

// Leads the calls of families of functions past us, straight to the next definitions. Context:
// start, nothing of these families is to be counted from here on.
void from(Families families);

}  // namespace bypass
