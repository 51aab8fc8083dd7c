// A program that this library may execute: opened once, checked by its descriptor, and executed by
// it, so that what was checked is what runs.
#pragma once

#include <sys/stat.h>

#include <cstdint>

namespace trusted_program {

enum class Refusal {
  kNone,
  kNotFound,
  kUnopened,   // its directory or itself cannot be opened: see `error`
  kFile,       // not a regular file, not executable, of another user, or writable by others
  kDirectory,  // a user who cannot write the library's directory could have placed it
};

struct Opened {
  int descriptor = -1;  // O_PATH, close-on-exec, above the standard ones; the caller's
  Refusal refusal = Refusal::kNotFound;
  uint32_t owner = 0, mode = 0;  // of what is refused
  int error = 0;                 // the error number, of what cannot be opened
};

// Each user who can put a file into `directory` can also change the library's directory, or is root
// or this process's user.
bool is_as_protected(const struct stat& directory, const struct stat& library_directory,
                     uid_t user);

// Does not follow a link at `name`. Context: cold.
Opened open(const char* library_directory, const char* directory, const char* name);

}  // namespace trusted_program
