#include "program/system/opened_directory.h"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>

#include "env/output_directory.h"

namespace program {

OpenedDirectory::~OpenedDirectory() {
  if (fd_ >= 0) close(fd_);
}

output_file::Error OpenedDirectory::open(const output_name::Name& name, unsigned file_mode) {
  if (name.error != nullptr) return {name.error, 0};
  const int opened = output_directory::open(name.path, name.directory_to_make, file_mode);
  if (opened == -ELOOP) return {"a part of its path has become a symbolic link", 0};
  if (opened < 0) return {"cannot open the output directory", -opened};
  fd_ = opened;
  return {};
}

output_file::Error OpenedDirectory::check_writable() const {
  if (faccessat(fd_, ".", W_OK | X_OK, AT_EACCESS) == 0) return {};
  return {"cannot make a file there", errno};
}

}  // namespace program
