// The segments of the trace: made until there are as many as there may be, then taken from those
// that were given up, oldest first (tables/trace_layout.h).
#pragma once

#include "env/sys/compiler/attributes.h"
#include "tables/trace_layout.h"

namespace trace_queue {

// For at most so many segments, in fresh tables; false without room. Context: start.
bool open(uint32_t most_segments);

// 0: there is no room for more. Context: any.
layout::Ref make(layout::Trace& trace) SIGNAL_SAFE;
// Its owner has filled it, or ended. Context: any.
void give_up(layout::Trace& trace, layout::Ref segment) SIGNAL_SAFE;
// The one that was given up first; 0 where none is, or where its giver is at it just now. To be
// checked: it lay in the tables. Context: any.
layout::Ref take_oldest(layout::Trace& trace) SIGNAL_SAFE;

}  // namespace trace_queue
