// Can libprofiler.so be preloaded into a program? Said before it starts, since the loader says
// nothing (static, set-uid), or complains in the program's own stderr (32-bit), or dies (musl).
#pragma once

#include <sys/types.h>

#include <string>

namespace program {

struct Caller {
  uid_t uid;
  gid_t gid;
  bool no_new_privileges;  // set-uid and capabilities of files do nothing then
  std::string path;        // PATH, for scripts that name env
};

// Of this process.
Caller this_caller();

struct PreloadCheck {
  // Why the program will run unprofiled, and what to do; empty if nothing speaks against it.
  std::string obstacle;
  // LD_PRELOAD must not be in its environment: its loader would fail or complain.
  bool loader_refuses = false;
  // The sanitizer's runtime, which has to stand before every other preload; empty if none.
  std::string sanitizer;
};

// Looks at the file that would be executed; a script is followed to its interpreter. A file that is
// missing or cannot be read has no obstacle: its execution says what is wrong.
PreloadCheck check_preload(const std::string& file, const Caller& caller);

// As execvp(3) finds it; empty if there is none.
std::string find_in_path(const std::string& command, const std::string& path);

}  // namespace program
