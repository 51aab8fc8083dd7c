// The functions at each location of a profile.
#pragma once

#include <cstdint>
#include <string>
#include <unordered_map>
#include <vector>

#include "program/profiles/profile.h"

namespace program {

struct NamedFrame {
  std::string name;  // of a location without names its file and address
  std::string file;
  int64_t line = 0;
  bool has_name = true;
};

using LocationFrames = std::unordered_map<uint64_t, std::vector<NamedFrame>>;

// From the leaf: the innermost inlined function first.
LocationFrames frames_of(const Profile& profile);

// A label's number: "4096 bytes", and without a unit or with that of plain numbers "17".
std::string number_text(int64_t number, const std::string& unit);

// A label's text, or its number.
std::string value_of(const Profile& profile, const pprof::Label& label);

}  // namespace program
