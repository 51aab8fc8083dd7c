// Where the tables of dead processes may lie.
#pragma once

#include <string>
#include <vector>

namespace program {

struct Places {
  std::vector<std::string> spools;
  std::vector<std::string> run_folders;  // of `profiler run`
};

// The folders that spool::open and RunFolder choose from, each once: shared memory, the one that
// PROFILER_SPOOL names, the current one, $TMPDIR and /tmp.
std::vector<std::string> usual_folders();

// What stands in a folder by its name, or the folder itself if run made it. False if it cannot be
// read.
bool look_in(const std::string& folder, Places* places);

}  // namespace program
