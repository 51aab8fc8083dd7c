// The options of `run`: each PROFILER_ variable of env/options.def, in lower case with dashes.
#pragma once

#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "program/report/check.h"

namespace program {

struct RunOptions {
  std::vector<std::pair<std::string, std::string>> variables;  // name and value
  bool merge = false;                                          // one file a mode for the whole tree
  bool quiet = false;                                          // no paths of the files
  std::vector<std::string> limits;
  bool is_complete = false;
  CheckForms forms;  // of the limits
  std::vector<std::string> command;
};

// Options end at "--" or at the first word that is none: what follows is the command's. Sets
// *exit_status and returns nothing if it is all over now: --help, or a wrong usage or value.
std::optional<RunOptions> parse_run_options(int argc, char** argv, int* exit_status);

}  // namespace program
