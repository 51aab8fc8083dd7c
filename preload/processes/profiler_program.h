// `profiler`, the program that belongs to this library: where it is, and how a child becomes it.
#pragma once

#include <string_view>

#include "env/output_name.h"

namespace profiler_program {

struct Program {
  int descriptor = -1;                // executed by it; -1: none
  char path[output_name::kPathSize];  // for its arguments
  char problem[256];                  // why there is none: a sentence without its end
};

// Notes where this library's file is. Context: start.
void find_library();

// Looks beside this library and where the build puts the program, nowhere else, and takes one that
// is at least as protected as the library (env/trusted_program.h). False: see problem. Context:
// cold.
bool open(std::string_view start_directory, Program& program);
void close(Program& program);

void ignore(int signal_number);
// All descriptors but these two. Context: a child with descriptors of its own.
void close_all_but(int one, int other);

// Executes it, with nothing of the host's: no descriptor but `kept`, which it finds as its numbers
// 3 and 4, or 2 for `lines`, which comes alone (-1: none), no handlers, no mask, no directory.
// Context: a child with descriptors of its own, that may share the host's memory: makes system
// calls only.
struct Kept {
  int tables = -1, origin = -1, lines = -1;
};
[[noreturn]] void become(const Program& program, const char* const* arguments,
                         const char* const* environment, Kept kept = {});

}  // namespace profiler_program
