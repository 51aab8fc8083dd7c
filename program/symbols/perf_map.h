// The text of a perf map, in which a program that makes code at run time says what it has made: a
// line "START SIZE NAME" for each function, the numbers hexadecimal, in the order of making.
#pragma once

#include <cstdint>
#include <string_view>
#include <vector>

namespace program {

struct PerfMapLine {
  uint64_t begin = 0;
  uint64_t end = 0;
  std::string_view name;
};

// False if the line is none. The name may hold any byte but a newline.
bool parse_perf_map_line(std::string_view line, PerfMapLine* out);

struct PerfMapNames {
  std::vector<std::string_view> names;  // one for each address, in the text; empty: no line has it
  uint64_t bad_lines = 0;               // among those read: not all, if the last ones name all
};

// The last line that holds an address names it: what was there before has been moved or freed. The
// addresses are sorted. Takes linear time, whatever the text says.
PerfMapNames find_in_perf_map(std::string_view text, const std::vector<uint64_t>& addresses);

}  // namespace program
