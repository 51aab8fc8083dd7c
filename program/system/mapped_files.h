// The files that a process maps, by the list that the kernel writes (/proc/PID/maps).
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <string>
#include <vector>

namespace program {

// One loading of a file.
struct MappedFile {
  struct Part {
    uint64_t start, end, offset;
    bool is_writable;
  };
  std::string listed;  // the kernel's name for it now; " (deleted)" is behind a removed one
  dev_t device = 0;
  ino_t inode = 0;
  std::vector<Part> parts;  // by address

  bool holds(uint64_t address) const;
  // Whether it was mapped by this path, and is there no longer.
  bool was_removed_from(const std::string& path) const { return listed == path + " (deleted)"; }
  bool is_from(const std::string& path) const { return listed == path || was_removed_from(path); }
};

// From the text of the list.
std::vector<MappedFile> mapped_files(const std::string& list);

}  // namespace program
