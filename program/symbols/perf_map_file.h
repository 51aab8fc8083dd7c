// Perf maps on disk: hostile input, in a directory where everybody can put files of any name.
#pragma once

#include <cstdint>
#include <string>

namespace program {

struct PerfMapFile {
  std::string path;
  // The user's own word: any owner, any age, a symbolic link too. Otherwise it has to be this
  // user's or root's own file, written after the process began: process ids come back.
  bool named_by_user = false;
  int64_t not_before_ns = 0;  // Unix time
};

// A descriptor, or -1 and the reason; without a reason it is absent.
int open_perf_map(const PerfMapFile& file, std::string* error);

// The last 256 MiB of the file, from the beginning of a line. False, with errno, if reading fails.
bool read_perf_map(int fd, std::string* text);

}  // namespace program
