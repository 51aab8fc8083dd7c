// Lines on the stderr of the program that is served: opened for each line, never kept open.
#pragma once

#include <sys/stat.h>

#include <cstdint>
#include <string>

#include "program/system/console.h"

namespace program {

class TargetStderr {
 public:
  // Notes which file it is now: what the program puts there later gets nothing.
  TargetStderr(int pid, Level level);

  Level level() const { return level_; }

  // Nothing where the program's own descriptor is for reading alone. A regular file is written to
  // only if it is appended to: else the program's own next line would go over ours.
  void say(Level level, const std::string& line) const;

 private:
  bool is_it(const struct stat& status) const;

  std::string path_, facts_;
  Level level_;
  uint64_t device_ = 0, inode_ = 0;
};

}  // namespace program
