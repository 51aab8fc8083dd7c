// What the process is: read once at load, from the kernel and the auxiliary vector.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

namespace process {

// Longest command line that is kept.
constexpr size_t kCommandLineSize = 4096;

struct Facts {
  int pid, parent_pid;
  uint64_t realtime_ns, monotonic_ns;
  std::string_view program;       // path of the executable
  std::string_view program_name;  // base name of what was executed
  std::string_view command_line;  // arguments, each terminated by NUL
  std::string_view host;
  std::string_view start_directory;
  char text[4 * 4096 + kCommandLineSize];
};

// False for a set-uid, set-gid or set-cap program, where the environment is not to be obeyed.
bool may_obey_environment();

// Fills `facts`; what cannot be known is empty. Context: start.
void read_facts(int argc, const char* const* argv, Facts& facts);

// Renews what differs in a forked child: numbers and times. Context: forked child.
void renew(Facts& facts);

// True if children would be born in another pid namespace than this process (unshare): the first of
// them is its init, and its end the end of all. Context: cold.
bool has_children_elsewhere();

// True if the kernel may kill all that is left in the pid namespace once this process has ended: it
// is the first of it, or is what the first one waits for (an init of containers). Context: cold.
bool ends_its_namespace(int parent_pid);

}  // namespace process
