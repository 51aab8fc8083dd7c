// The longest waits of a trace as the pages read them.
#pragma once

#include <cstdint>
#include <nlohmann/json.hpp>

#include "program/report/trace_waits.h"

namespace program {

// An array; times in seconds, the begin as the time before `end_ns`.
nlohmann::json waits_json(const TraceWaits& waits, uint64_t end_ns);

}  // namespace program
