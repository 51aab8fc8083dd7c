#include "program/profiles/figure.h"

#include <fnmatch.h>

namespace program {

bool matches_function(const std::string& pattern, const std::string& name) {
  return pattern == name || fnmatch(pattern.c_str(), name.c_str(), 0) == 0;
}

}  // namespace program
