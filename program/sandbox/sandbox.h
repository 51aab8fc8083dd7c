// Takes everything from the calling process that reading files by descriptor does not need. Where a
// step cannot be had (no seccomp, a user namespace without a second user) the others still apply.
#pragma once

#include <cstdint>
#include <string>

namespace program {

// Becomes user and group 65534 if it is root, gives up all groups, capabilities and the hope of new
// ones. Returns what could not be done, for a debug line; empty: nothing is missing.
std::string drop_rights();

// Bounds of memory and processor time; no file can be written, no core is left.
void limit_resources();

// From here on: memory, descriptors that are open, the socket and the end. Where libdw opens a .dwo
// file itself it gets the descriptor that `open_split_file` returns, or -1. False: this kernel or
// sandbox refuses filters. Context: single-threaded; irrevocable.
bool filter_system_calls(int (*open_split_file)());

}  // namespace program
