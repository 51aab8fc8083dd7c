// What a mode that is off costs: nothing, for the objects that are there at the start.
#pragma once

namespace step_aside {

// Leads the calls of a family of functions past us, straight to the next definitions. Context:
// start, nothing of the family is to be counted from here on.
void from_allocations();
void from_waits();

}  // namespace step_aside
