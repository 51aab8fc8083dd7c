// A variable of this process's environment.
#pragma once

#include <cstdlib>
#include <string>

namespace program {

// Empty if it is not set.
inline std::string variable(const char* name) {
  const char* value = getenv(name);
  return value == nullptr ? "" : value;
}

}  // namespace program
