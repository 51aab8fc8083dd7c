// Names for the stacks of a trace, in Perfetto's own way: packets at its end that say what stands
// at each address of each file.
#pragma once

#include <string>

#include "encoder/program/symbolizer.h"

namespace program {

// The packets to append; empty: nothing is without a name, or none was found.
std::string names_for_trace(const std::string& bytes, Symbolizer* symbolizer);

// Events of the trace: packets with a time.
int64_t event_count(const std::string& bytes);

}  // namespace program
