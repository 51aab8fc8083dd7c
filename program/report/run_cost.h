// What a run of a command cost as a whole, as figures that are compared like those of profiles.
#pragma once

#include <cstdint>

#include "program/profiles/runs.h"

namespace program {

struct RunCost {
  int64_t elapsed_ns = 0;
  int64_t cpu_ns = 0;  // of the command and all that it waited for
};

// A run with the figures cost.time and cost.cpu.
Run run_of(const RunCost& cost);

}  // namespace program
