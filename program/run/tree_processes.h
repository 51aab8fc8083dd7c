// Which processes of a tree are left, whether they have begun to record or not.
#pragma once

#include <string>

namespace program {

// The number of a process that has this directory of `run` in its environment, and is none of our
// own programs; 0 if there is none, for a moment in which the last ones may end.
int left_in_tree(const std::string& run_directory);

}  // namespace program
