// From the tables to files, in this process.
#pragma once

#include "encoder/pprof/memory_facts.h"
#include "preload/processes/run_facts.h"
#include "preload/processes/written_files.h"

namespace profile_writer {

// The files of all modes that PROFILER_MODE asked for, or of one mode alone, and then to a path of
// its own if there is one.
constexpr uint32_t kEveryMode = ~0u;
struct Wanted {
  uint32_t mode = kEveryMode;
  const char* path = nullptr;
};

// Writes one file for each mode, with the process's memory in those of the heap. What cannot be
// written is said in one line each, and the others are still written. False if one is missing that
// a later try could write. Context: cold; one thread at a time, not in a handler.
bool write(const RunFacts& facts, const encoder::MemoryFacts& memory, const Wanted& wanted,
           Written& written);

// The process goes on after all: as if they had not been written. Context: as write.
void take_back(const Written& written);

// True if any mode has recorded anything.
bool has_samples();

}  // namespace profile_writer
