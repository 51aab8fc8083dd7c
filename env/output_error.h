// Why a file could not be written.
#pragma once

#include <string_view>

namespace output_file {

// What could not be done and the error number; 0 if a sentence is all there is to say.
struct Error {
  const char* what = nullptr;  // null: no error
  int number = 0;
  explicit operator bool() const { return what != nullptr; }
};

// A few words for an error number: "no space left", "error" for rare ones.
std::string_view error_words(int number);

}  // namespace output_file
