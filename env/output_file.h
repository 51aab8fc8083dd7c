// A file that appears whole or not at all: written under a temporary name, then renamed.
//
// The descriptor is held for the length of a dump only. Other threads of the host may close it or
// put their own file in its place meanwhile (closefrom, dup2), so before each use it is checked to
// be the file that was opened; between the check and the use remains a gap that cannot be closed.
//
// Which file of the same name is replaced: env/output_claim.h.
// The file has the permissions that it is opened with: the umask neither widens nor narrows them.
// A symbolic link is replaced like a file, never followed. Devices, pipes, sockets, and anything
// directly in /dev, are refused: a rename over /dev/null would harm the machine.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

#include "env/output_error.h"
#include "env/output_name.h"

namespace output_file {

// mkdir -p; fine if the directory is there. `path` need not be terminated. What is made gets the
// permissions of a directory for files of that mode.
Error make_directory(std::string_view path, unsigned file_mode);

// For commit: replace whatever file has the name (a path that the host itself gave), or none.
constexpr uint64_t kReplaceAlways = UINT64_MAX;
constexpr uint64_t kReplaceNever = 0;

// Permissions of the file, whatever the umask.
constexpr unsigned kPrivate = 0600;

// Context: one thread, not in a signal handler. Two paths large: not for small stacks.
class OutputFile {
 public:
  OutputFile() = default;
  ~OutputFile() { abandon(); }
  OutputFile(const OutputFile&) = delete;
  OutputFile& operator=(const OutputFile&) = delete;

  // Makes Name::directory_to_make, then the temporary file beside the final one.
  Error open(const output_name::Name& name, unsigned file_mode);
  // The same in an open directory, where the file gets the last part of the name. The directory is
  // the caller's, stays open until commit and is used without following a link:
  // output_directory::open.
  Error open_in(int directory, const output_name::Name& name, unsigned file_mode);
  // All of it. After an error the file is to be abandoned; commit will refuse.
  Error write(const void* bytes, size_t size_bytes);
  // Gives the file its name. `start_realtime_ns`: CLOCK_REALTIME (the exact one, the coarse clock
  // may be behind file times) when this process began. On an error nothing is left.
  Error commit(uint64_t start_realtime_ns);
  void abandon();

  // After commit, the name that the file got.
  std::string_view path() const { return path_; }

 private:
  Error begin(const output_name::Name& name);
  Error make_temporary(unsigned file_mode);
  std::string_view in_directory(std::string_view path) const;
  bool still_ours() const;
  void close();
  Error fail(const char* what, long result);

  int fd_ = -1;
  int directory_ = -1;  // that paths are relative to; AT_FDCWD: as they stand
  uint64_t device_ = 0, inode_ = 0;
  Error error_;  // the first one
  output_name::Name name_;
  std::string_view path_;
  bool temporary_exists_ = false;
  char path_bytes_[output_name::kPathSize];
  char temporary_[output_name::kPathSize];
};

}  // namespace output_file
