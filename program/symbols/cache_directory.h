// Where the cache of names is: PROFILER_CACHE, else below XDG_CACHE_HOME or HOME.
#pragma once

#include <string>

namespace program {

// By this process's environment; empty: there is no cache.
std::string cache_directory();

// A descriptor of the directory, which is made if it is missing (and its parent too). -1 unless it
// belongs to this user and no other user can write to it.
int open_cache_directory(const std::string& path);

}  // namespace program
