// Which of several files hold each event once.
//
// The periodic files of one process overlap: those of heap, block, mutex, fd and others hold all
// since the start, those of cpu and wall what is new. Their times tell which is which.
#pragma once

#include <string>
#include <vector>

#include "program/profiles/profile.h"

namespace program {

// The comment `# values: ` of a profile whose in-use values too are differences: what `?seconds=`
// gives of heap and the like.
constexpr const char* kDifference = "what changed in this time";

struct DistinctFile {
  std::string path;
  // No other of these files has the state of its process (in-use blocks, open files) at a later
  // time.
  bool is_last = true;
};

// Leaves out a file whose time lies within that of another one of the same process and mode, a part
// of a merge that is there, and one that was given twice. What cannot be read stays, for who reads
// it to say so. `loss`: what becomes of the others if this process ends at one of them. Context:
// after confine().
std::vector<DistinctFile> distinct_files(const std::vector<std::string>& paths, const char* loss);

// Sets what a profile says of a state to zero: a later one says it anew.
void drop_state(Profile* profile);

}  // namespace program
