// The environment that `run` gives its program: LD_PRELOAD and PROFILER_*, all else untouched.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace program {

// Path of libprofiler.so: beside this program, in the lib directories next to its directory, or in
// the build tree; by /proc/self/exe, never by PATH or LD_LIBRARY_PATH. Empty if it is in none.
std::string find_library();

// LD_PRELOAD with the library in it. Before what is there, so that its malloc is called first and
// passes calls on to another allocator; behind a sanitizer's runtime, which else refuses to start.
std::string preload_list(std::string_view present, const std::string& library,
                         const std::string& sanitizer);

// PROFILER_OUTPUT as each process of the tree is to take it, whatever directory that process starts
// in: relative to `directory`, run's own. As it is where that is not possible; empty is the
// default.
std::string output_from(const std::string& directory, const std::string& output);

class Environment {
 public:
  // A copy of this process's.
  Environment();

  // Empty if it is not set.
  std::string get(std::string_view name) const;
  bool has(std::string_view name) const;
  void set(std::string_view name, std::string_view value);

  // For execvpe; good until the next set().
  std::vector<char*> pointers();

 private:
  std::vector<std::string> entries_;
};

}  // namespace program
