// What `run` does with the profiles of its tree once the command has ended.
#pragma once

#include <string>
#include <vector>

namespace program {

// Names all of them (if add_names) with one cache of opened files, in a process of its own: what a
// hostile file does to it does not change how `run` ends. With level info it tells for each file
// its path, its samples and the command that opens it (if `tells`).
void finish_profiles(const std::vector<std::string>& files, bool add_names, bool tells = true);

}  // namespace program
