#pragma once

#include <sys/stat.h>

#include <string>
#include <string_view>

#include "env/output_file.h"

namespace program {

// The sentence about a file that could not be written.
inline std::string output_sentence(std::string_view path, const output_file::Error& error) {
  std::string line = "cannot write " + std::string(path) + ": " + error.what;
  if (error.number != 0) line += ": " + std::string(output_file::error_words(error.number));
  return line;
}

// For a line that announces a file: its owner and mode where others cannot read it.
inline std::string owner_note(const std::string& path) {
  struct stat status {};
  if (lstat(path.c_str(), &status) != 0) return "";
  char bytes[output_file::kOwnerNote];
  return std::string(output_file::owner_note(status.st_uid, status.st_mode & 0777, bytes));
}

}  // namespace program
