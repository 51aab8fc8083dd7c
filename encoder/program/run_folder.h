// The private folder through which `run` and the libraries in its tree meet.
//
// run names it in PROFILER_SPOOL. The libraries keep their tables there, and since it holds a file
// `written`, each appends the absolute path of every profile it wrote, ended by a NUL, in one
// write(2), and leaves the names to run. What stands in the folder is as hostile as the programs.
#pragma once

#include <string>
#include <vector>

namespace program {

class RunFolder {
 public:
  RunFolder() = default;
  ~RunFolder() { remove(); }
  RunFolder(const RunFolder&) = delete;
  RunFolder& operator=(const RunFolder&) = delete;

  // In the folder that the user's PROFILER_SPOOL names; without one in /dev/shm if there is room,
  // else in $TMPDIR or /tmp. False if there is to be none: "none", no such folder, or not writable.
  bool make(const std::string& spool);

  // The folder and all that is in it.
  void remove();

  const std::string& path() const { return path_; }

  // The profiles, each once: regular files of this user.
  std::vector<std::string> written() const;

  // Tables of processes that wrote no profile: killed, or still running.
  size_t unwritten_count() const;

 private:
  std::string path_;
};

}  // namespace program
