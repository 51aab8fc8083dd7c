#include "program/recovery/spool_search.h"

#include <limits.h>
#include <unistd.h>

#include <algorithm>
#include <cstdlib>
#include <filesystem>

#include "tables/spool_name.h"

namespace program {

std::vector<std::string> usual_directories() {
  std::vector<std::string> directories;
  const char* const names[] = {spool::kSharedMemory, getenv("PROFILER_SPOOL"), ".",
                               getenv("TMPDIR"), "/tmp"};
  for (const char* name : names) {
    char resolved[PATH_MAX];
    if (name == nullptr || realpath(name, resolved) == nullptr) continue;
    if (std::find(directories.begin(), directories.end(), resolved) == directories.end()) {
      directories.emplace_back(resolved);
    }
  }
  return directories;
}

bool look_in(const std::string& directory, Places* places) {
  const std::string name = std::filesystem::path(directory).filename().string();
  if (spool::is_run_directory(name)) {
    places->run_directories.push_back(directory);
    return access(directory.c_str(), R_OK | X_OK) == 0;
  }
  std::error_code error;
  std::filesystem::directory_iterator at(directory, error);
  if (error) return false;
  for (; !error && at != std::filesystem::directory_iterator(); at.increment(error)) {
    const std::string entry = at->path().filename().string();
    uint64_t pid = 0;
    if (spool::read_name(entry, &pid)) places->spools.push_back(at->path().string());
    if (spool::is_run_directory(entry)) places->run_directories.push_back(at->path().string());
  }
  return true;
}

}  // namespace program
