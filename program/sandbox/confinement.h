// Bounds for work on files that may be hostile: elfutils and libiberty read what any program in the
// tree was, and a process that reads a crafted file may crash, swell or never end.
#pragma once

#include <csignal>
#include <string>

namespace program {

// From here on this process has at most a few GiB of memory, leaves no core, and ends with status 1
// and one line, not with a signal, at a fault (a file that is truncated while it is mapped too).
void confine();

// What the line of a fault or of the time limit names (empty: nothing), and what becomes of it.
void set_current_file(const std::string& path,
                      const std::string& outcome = "it keeps its addresses");

// Ends this process with status 1 and one line when that much time has passed.
void set_time_limit(double seconds);

// While it lives, neither the time limit nor a key press ends the process: no temporary file stays.
class Uninterrupted {
 public:
  Uninterrupted();
  ~Uninterrupted();
  Uninterrupted(const Uninterrupted&) = delete;
  Uninterrupted& operator=(const Uninterrupted&) = delete;

 private:
  sigset_t before_;
};

}  // namespace program
