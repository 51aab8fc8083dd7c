// The ways of the calls that open and close descriptors: through what counts them, or past it.
#pragma once

namespace interpose_descriptors {

// Leads all of them through what counts them. Before, and without this, each is one jump. Context:
// start.
void count();

// The next definition behind an exported function; null for a name that is not one of them.
// Context: start.
const void* next_of(const char* name);

}  // namespace interpose_descriptors
