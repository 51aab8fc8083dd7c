// Writes a file so that a reader sees all of it or none of it.
#pragma once

#include <sys/stat.h>

#include <string>

namespace program {

// Writes under a temporary name in the same directory and renames. False, and why without the path;
// then whatever had the name has it still. What is no regular file is not replaced, nor is a link. `mode`: the
// file's permissions, whatever the umask. `before`: the file that is to be replaced, as it was
// read; the new one gets its owner, and nothing is done if it has changed. Null: whatever is there.
bool write_whole_file(const std::string& path, const std::string& bytes, mode_t mode,
                      const struct stat* before, std::string* error);

}  // namespace program
