// Names for the stacks of a trace, in Perfetto's own way: packets at its end that say what stands
// at each address of each file.
#pragma once

#include <cstdint>
#include <string>

#include "program/report/trace_file.h"
#include "program/symbols/symbolizer.h"

namespace program {

struct TraceContent {
  int64_t events = 0;  // packets with a time
  bool has_names = false;
  TraceStrings strings;
};

TraceContent content_of(const std::string& bytes);

// The packets to append; empty: nothing is without a name, or none was found.
std::string names_for_trace(const TraceContent& trace, Symbolizer* symbolizer);

}  // namespace program
