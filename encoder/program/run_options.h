// The options of `run`: each is a PROFILER_ variable of the library under a shorter name.
#pragma once

#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace program {

struct RunOptions {
  std::vector<std::pair<std::string, std::string>> variables;  // name and value
  bool merge = false;                                          // one file a mode for the whole tree
  std::vector<std::string> command;
};

// Options end at "--" or at the first word that is none: what follows is the command's. Sets
// *exit_status and returns nothing if it is all over now (--help, or a wrong usage).
std::optional<RunOptions> parse_run_options(int argc, char** argv, int usage_status,
                                            int* exit_status);

}  // namespace program
