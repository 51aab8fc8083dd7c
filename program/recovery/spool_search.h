// Where the tables of dead processes may lie.
#pragma once

#include <string>
#include <vector>

namespace program {

struct Places {
  std::vector<std::string> spools;
  std::vector<std::string> run_directories;  // of `profiler run`
};

// The directories that spool::open and RunDirectory choose from, each once: shared memory, the one
// that PROFILER_SPOOL names, the current one, $TMPDIR and /tmp.
std::vector<std::string> usual_directories();

// What stands in a directory by its name, or the directory itself if run made it. False if it
// cannot be read.
bool look_in(const std::string& directory, Places* places);

}  // namespace program
