// One sample type of several files, read one after another: what `top`, `list` and `traces` share.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "program/profiles/profile.h"

namespace program {

struct ShownType {
  std::string type, unit, mode;
  int64_t begin_ns = 0;  // of the first recording; 0: not known
};

// Reads each file and visits it with the index of the type; an empty name is the first file's
// default. False after one line if a file cannot be read or has no such type.
bool each_profile(const std::vector<std::string>& files, ShownType* shown,
                  const std::function<void(const Profile& profile, int type)>& visit);

}  // namespace program
