// Files in memory, for what elfutils takes only from a descriptor. The broker makes them and bounds
// them; the worker, which may neither make nor write files, fills them through a mapping.
#pragma once

#include <cstdint>
#include <string>

#include "program/system/file_source.h"

namespace program {

// Of this size, all zero; -1 and the reason. Context: the broker.
int make_memory_file(uint64_t size, std::string* problem);

class MemoryFile {
 public:
  MemoryFile(FileSource* files, uint64_t size);
  ~MemoryFile();
  MemoryFile(const MemoryFile&) = delete;
  MemoryFile& operator=(const MemoryFile&) = delete;

  // Null if there is no memory; `problem` says why.
  char* bytes() const { return bytes_; }
  const std::string& problem() const { return problem_; }
  // The caller closes it.
  int take();

 private:
  int fd_ = -1;
  uint64_t size_;
  char* bytes_ = nullptr;
  std::string problem_;
};

}  // namespace program
