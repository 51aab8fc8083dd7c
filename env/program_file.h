// The file of the program itself, which need not be what the kernel was asked to execute.
#pragma once

#include <cstddef>
#include <string_view>

namespace program_file {

constexpr size_t kPathSize = 4096;

struct Program {
  std::string_view path;   // in the caller's room; empty where /proc is not mounted
  bool has_executed_name;  // its base name is that of what was executed; else that of its file
};

// The path is the one that was executed where that leads to the program itself (redis-server is a
// link to redis-check-rdb). Else it is the kernel's name for the file: of a script's interpreter,
// of a program started by a descriptor or by /proc/self/exe, and of one that the loader was asked
// to start. `executed` is AT_EXECFN and may be null. Context: start.
Program read(const char* executed, char* room, size_t size);

}  // namespace program_file
