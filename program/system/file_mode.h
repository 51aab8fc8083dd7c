// Permissions of the files that this program makes: PROFILER_FILE_MODE.
#pragma once

#include <sys/types.h>

#include <string_view>

namespace program {

// Permissions as chmod takes them. The default's if `given` is empty or is no value of
// PROFILER_FILE_MODE.
mode_t file_mode_of(std::string_view given);

// The same by this process's environment.
mode_t file_mode();

}  // namespace program
