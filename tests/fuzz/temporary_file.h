// A file of the harness's own, used again for each input.
#pragma once

#include <unistd.h>

#include <cstdlib>
#include <string>

#include "tests/fuzz/harnesses.h"

namespace fuzz {

class TemporaryFile {
 public:
  TemporaryFile() {
    const int fd = mkstemp(path_.data());
    require(fd >= 0, "a temporary file can be made");
    close(fd);
  }
  ~TemporaryFile() { unlink(path_.c_str()); }
  TemporaryFile(const TemporaryFile&) = delete;
  TemporaryFile& operator=(const TemporaryFile&) = delete;

  const std::string& path() const { return path_; }
  void fill(const void* bytes, size_t size) const {
    FILE* file = fopen(path_.c_str(), "wb");
    require(file != nullptr, "the temporary file can be written");
    fwrite(bytes, 1, size, file);
    fclose(file);
  }

 private:
  std::string path_ = "/tmp/profiler-fuzz-XXXXXX";
};

}  // namespace fuzz
