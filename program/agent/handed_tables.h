// Descriptors of tables that came from another process, held against what the kernel says.
#pragma once

#include <string>

namespace program {

// What the descriptor was opened as; "/memfd:NAME (deleted)" for memory.
std::string path_of(int descriptor);

// True if the process maps that file.
bool maps_descriptor(int pid, int descriptor);

}  // namespace program
