// `profiler`, the program that lies beside this library: where it is, and how a child becomes it.
#pragma once

#include <string_view>

#include "env/output_name.h"

namespace companion {

// Notes where this library's file is. Context: start.
void find_library();

// Beside this library, in ../bin of its folder, or where a build folder has it; false if there is
// none that this user may trust. Context: cold.
bool find(std::string_view start_folder, char (&path)[output_name::kPathSize]);

void set_default_action(int signal_number);

// Executes it, with nothing of the host's: no descriptor but `kept`, which it finds as its number
// 3 (-1: none), no handlers, no mask, no folder. Context: a child with descriptors of its own, that
// may share the host's memory: makes system calls only.
[[noreturn]] void become(const char* program, const char* const* arguments,
                         const char* const* environment, int kept = -1);

}  // namespace companion
