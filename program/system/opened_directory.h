// The directory that a file is written to for another process: opened step by step, and no symbolic
// link is followed, since one may have appeared after the process started.
#pragma once

#include "env/output_file.h"
#include "env/output_name.h"

namespace program {

class OpenedDirectory {
 public:
  OpenedDirectory() = default;
  ~OpenedDirectory();
  OpenedDirectory(OpenedDirectory&& other) noexcept : fd_(other.fd_) { other.fd_ = -1; }
  OpenedDirectory(const OpenedDirectory&) = delete;
  OpenedDirectory& operator=(const OpenedDirectory&) = delete;

  // Makes what Name::directory_to_make says.
  output_file::Error open(const output_name::Name& name, unsigned file_mode);
  // Whether the effective user may make and replace files there.
  output_file::Error check_writable() const;

  int fd() const { return fd_; }

 private:
  int fd_ = -1;
};

}  // namespace program
