// How much CPU time this image of the process had used when the recording began, and whose it was.
//
// The process's clock goes on over an exec, and the kernel tells no process when its image began.
// So an image leaves a mark in its tables before an exec, and the next image finds it. Programs
// without the library leave none. They are found by what they read: the kernel counts the reads of
// a process, and between an exec and our constructor there is a known number of them
// (docs/decisions/0020).
#pragma once

#include <cstdint>

#include "tables/layout.h"

namespace image_start {

struct Before {
  uint64_t used_ns = 0;    // by the process, all its images
  bool is_known = false;   // the next two
  uint64_t loader_ns = 0;  // since the exec; of a process without a mark, since it was made
  uint64_t unsaid_ns = 0;  // by the image before this one, which wrote no file
};

// Counts what the process has read. Context: start, before the library reads anything.
void begins();

// `mark`: of the image before this one, zeros where none was found. Context: start.
Before look(const layout::ExecMark& mark);

// Leaves what the next image must know. `executed`: what the host calls the program that it
// executes, null where it has no name. `has_file`: what this image used is in a profile. Context:
// cold.
void leave(layout::ExecMark& mark, const char* executed, bool has_file);

// Whether between an exec and now nothing but the kernel and the loader has read. Context: any.
bool are_of_loader(uint64_t reads, uint64_t objects, uint64_t objects_with_many_headers);

}  // namespace image_start
