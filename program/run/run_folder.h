// The private folder through which `run` and the libraries in its tree meet.
//
// run names it in PROFILER_SPOOL. The libraries keep their tables there, and since it holds a file
// `written`, each appends the absolute path of every profile it wrote, ended by a NUL, in one
// write(2), and leaves the names to run. run holds the file locked: a folder without a lock belongs
// to a dead one, and `profiler recover` does its work. What stands in the folder is as hostile as
// the programs.
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

  // A folder that another run made and does not own any more: killed, or ended before its tree.
  // False if it lives, or if this is no such folder of this user.
  bool adopt(const std::string& path);

  // The folder and all that is in it.
  void remove();

  // The folder stays for the processes that still run: each names its own files from here on, and
  // the last takes the folder away.
  void leave_to_tree();

  // The folder stays as it is, for `profiler recover`.
  void keep();

  const std::string& path() const { return path_; }

  // The profiles, each once: regular files of this user.
  std::vector<std::string> written() const;

  // Paths of what may be tables of processes that wrote no profile: killed, or still running.
  std::vector<std::string> spools() const;

 private:
  std::string path_;
  int lock_ = -1;  // on the list, for as long as this process owns the folder
};

}  // namespace program
