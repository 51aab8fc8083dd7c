// The private directory through which `run` and the libraries in its tree meet.
//
// run names it in PROFILER_SPOOL. The libraries keep their tables there, and since it holds a file
// `written`, each appends the absolute path of every profile it wrote, ended by a NUL, in one
// write(2), and leaves the names to run. run holds the file locked: a directory without a lock
// belongs to a dead one, and `profiler recover` does its work. What stands in the directory is as
// hostile as the programs.
#pragma once

#include <string>
#include <vector>

namespace program {

class RunDirectory {
 public:
  RunDirectory() = default;
  ~RunDirectory() { remove(); }
  RunDirectory(const RunDirectory&) = delete;
  RunDirectory& operator=(const RunDirectory&) = delete;

  // In the directory that the user's PROFILER_SPOOL names; without one in /dev/shm if there is
  // room, else in $TMPDIR or /tmp. False if there is to be none: "none", no such directory, or not
  // writable.
  bool make(const std::string& spool);

  // A directory that another run made and does not own any more: killed, or ended before its tree.
  // False if it lives, or if this is no such directory of this user.
  bool adopt(const std::string& path);

  // The directory and all that is in it.
  void remove();

  // The directory stays for the processes that still run: each names its own files from here on,
  // and the last takes the directory away.
  void leave_to_tree();

  // The directory stays as it is, for `profiler recover`.
  void keep();

  const std::string& path() const { return path_; }

  // The profiles, each once: regular files of this user.
  std::vector<std::string> written() const;

  // A process said that it has neither a file nor tables.
  bool lacks_a_process() const;

  // Paths of what may be tables of processes that wrote no profile: killed, or still running.
  std::vector<std::string> spools() const;

 private:
  std::string path_;
  int lock_ = -1;  // on the list, for as long as this process owns the directory
};

}  // namespace program
