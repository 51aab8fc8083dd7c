// The directory that output files go to: made with the permissions of its files, and opened without
// following a symbolic link, so that nothing but the path itself decides where the files land.
#pragma once

#include <cstddef>
#include <string_view>

#include "env/output_name.h"

namespace output_directory {

// The mode of a directory for files of `file_mode`: x where r is set.
constexpr unsigned mode_for(unsigned file_mode) {
  return file_mode | (file_mode & 0444) >> 2;
}

// Makes one directory, with exactly the permissions of mode_for whatever the umask. 0, -EEXIST or
// another negative error number. `at`: an open directory, or AT_FDCWD.
long make(int at, const char* name, unsigned file_mode);

// Opens the directory of an absolute `path` component by component (O_PATH). The first `to_make`
// bytes of the path are directories to be made. A descriptor, -ELOOP where a component is a
// symbolic link, or another negative error number. Context: cold.
int open(std::string_view path, size_t to_make, unsigned file_mode);

// The template with its literal directory made absolute and free of symbolic links, as it is now: a
// user's own link to an output directory counts, one that appears later does not. Unchanged where
// it names no directory or cannot be resolved. Context: start.
std::string_view resolve(std::string_view name_template, std::string_view start_directory,
                         char (&buffer)[output_name::kPathSize]);

}  // namespace output_directory
