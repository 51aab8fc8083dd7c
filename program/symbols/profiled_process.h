// The process that a profile is of, as long as it lives: another way to files that are no longer at
// their paths.
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <string>
#include <vector>

#include "program/system/mapped_files.h"

namespace program {

class ProfiledProcess {
 public:
  // `sharer`: a process that shares its memory and outlives the work (the library's go-between);
  // 0: there is none, and the profile says which it is.
  explicit ProfiledProcess(pid_t sharer = 0) : sharer_(sharer) {}

  // The profile at hand is of this process, which was there at this Unix time. A younger one of
  // that number is another.
  void become(int64_t pid, int64_t seen_ns);

  bool is_there() const { return pid_ > 0; }
  // Its list is that of the moment of the profile: it has not executed another program since.
  bool is_same_image() const { return is_there() && sharer_ != 0; }
  pid_t pid() const { return pid_; }
  std::string directory() const { return "/proc/" + std::to_string(pid_); }
  // Whether its paths begin in another directory than this process's.
  bool has_other_root() const;
  // What it maps from files. Read once for each profile.
  const std::vector<MappedFile>& files();

 private:
  pid_t sharer_;
  pid_t pid_ = 0;
  bool is_read_ = false;
  std::vector<MappedFile> files_;
};

}  // namespace program
