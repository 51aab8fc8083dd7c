#pragma once

#include <string>
#include <string_view>

#include "env/output_file.h"

namespace program {

// What a user is told of a file that could not be written.
inline std::string output_sentence(std::string_view path, const output_file::Error& error) {
  std::string line = "cannot write " + std::string(path) + ": " + error.what;
  if (error.number != 0) line += ": " + std::string(output_file::error_words(error.number));
  return line;
}

}  // namespace program
