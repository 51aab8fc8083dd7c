// Where the threads' time went up to now, for the page: on the processor, in want of one, off it;
// and what the waits were for, as far as the wall mode has recorded them.
#pragma once

#include <nlohmann/json.hpp>

#include "program/agent/target/target_tables.h"

namespace program {

// {"threads": [{"tid", "name", "state", "life", "cpu", "runnable"}], "count", "waits": {"io": …}},
// in seconds. Of many threads those with the smallest numbers; "waits" is there where
// PROFILER_MODE names wall.
nlohmann::json thread_time_table(const TargetTables& tables);

}  // namespace program
