// Profiles on disk made one file: what `merge` and `run --merge` share.
#pragma once

#include <sys/types.h>

#include <string>
#include <vector>

namespace program {

// Exit status; what is wrong is said, one line each. Nothing is written unless every file is good.
// `mode`: the permissions of what is written.
int merge_files(const std::vector<std::string>& files, const std::string& output, mode_t mode);

// The profiles of a tree, one file for each mode: it gets the name that the first process's had
// (the one that began first), and the single files go. One that cannot be read stays. In a process
// of its own, like finish_profiles.
void merge_tree(const std::vector<std::string>& files, mode_t mode);

}  // namespace program
