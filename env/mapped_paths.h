// The files that this process maps, as the kernel lists them now (/proc/self/maps).
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

namespace mapped_paths {

constexpr size_t kPathSize = 4096;
// What the kernel adds to the name of a file that was removed; a file may really be named so.
constexpr std::string_view kRemoved = " (deleted)";

struct Line {
  uint64_t start, end;
  bool is_code;
  std::string_view path;  // the kernel writes a line's end in it as "\012"
};

// Copies the path of the first line that is wanted, as it is; 0 if there is none. Context: cold.
size_t find(bool (*is_wanted)(const Line& line, uint64_t argument), uint64_t argument, char* to,
            size_t room);

}  // namespace mapped_paths
