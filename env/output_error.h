// Why a file could not be written, and which user can read one that was written.
#pragma once

#include <cstddef>
#include <cstdint>
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

// " (mode 600, user 0)" where others cannot read the file, else empty.
constexpr size_t kOwnerNote = 40;
std::string_view owner_note(uint32_t user, unsigned file_mode, char (&bytes)[kOwnerNote]);

}  // namespace output_file
