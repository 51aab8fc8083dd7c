// A .dwo file for one unit of a package.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace program {

struct SplitSection {
  std::string name;
  std::string bytes;
};

// Adds .debug_str.dwo with the strings that .debug_str_offsets.dwo refers to, and lets it refer to
// them there: all units of a package share one table, which can have hundreds of megabytes.
void keep_used_strings(std::string_view strings, bool has_header,
                       std::vector<SplitSection>* sections);

// The .dwo file inside an object file that clang made with -gsplit-dwarf=single; empty if the file
// is no such one. elfutils would read the other part of it.
std::string split_object_inside(int fd);

// An ELF file (64-bit, little-endian) that has these sections.
std::string split_object(const std::vector<SplitSection>& sections, uint16_t machine);

}  // namespace program
