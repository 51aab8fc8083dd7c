// Recording as the program itself starts and stops it (include/profiler.h).
#pragma once

#include <string_view>

namespace program_control {

// A comma list of modes of PROFILER_MODE; empty: all of them. 0, EINVAL for a mode that the program
// was not started with (then nothing changes), ESRCH where nothing records, ETIMEDOUT if the agent,
// which keeps the books where there is one, does not do it within a second. Context: any thread,
// not in a handler.
int start(std::string_view modes);
int stop(std::string_view modes);

// All that is wanted is armed, or nothing. Context: cold; the tables are open.
void set_recording(bool on);

}  // namespace program_control
