// One function at one address, as profile.proto wants it.
#pragma once

#include <cstdint>
#include <string>

namespace program {

struct Frame {
  std::string name;         // for people
  std::string system_name;  // mangled
  std::string file;         // of the line below, as pprof takes it from the function
  int64_t line = 0;
  int64_t start_line = 0;  // where the function begins in `file`; 0 if it begins in another
};

}  // namespace program
