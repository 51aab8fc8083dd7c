// The limits of `run --limit`: which modes they need, and whether the tree's profiles keep them.
#pragma once

#include <string>
#include <vector>

#include "program/report/check.h"
#include "program/report/limit.h"
#include "program/run/preload_environment.h"

namespace program {

struct RunLimits {
  std::vector<Limit> all;
  CheckForms forms;
  bool is_complete = false;  // the profiles have to be those of the whole tree, limits or not
};

// Where nothing says which modes are to record, those that the limits need. False after one line if
// that is not known, or if PROFILER_MODE leaves out a mode that a limit needs.
bool set_modes_of(const std::vector<Limit>& limits, Environment* environment);

// Judges them in a process of its own, like finish_profiles, and says what is exceeded. 0; 1 if a
// limit is exceeded; 2 if one could not be judged.
int judge_limits(const RunLimits& limits, const std::vector<std::string>& files);

}  // namespace program
