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
  std::string_view start_folder;
  char text[4 * 4096 + kCommandLineSize];
};

// False for a set-uid, set-gid or set-cap program, where the environment is not to be obeyed.
bool may_obey_environment();

// Fills `facts`; what cannot be known is empty. Context: start.
void read_facts(int argc, const char* const* argv, Facts& facts);

// What is another's in a forked child: numbers and times. Context: forked child.
void renew(Facts& facts);

// Context: any; a system call, so that it is right in any kind of child.
int current_pid();

// Field 22 of /proc/self/stat: with the number it names a process for as long as the machine runs.
// 0: not known. Context: start; forked child.
uint64_t birth_ticks();

// CLOCK_REALTIME when this process was made, which an exec does not change: files that are younger
// may be an earlier image's. The kernel tells it to 10 ms; late rather than early, and never later
// than `latest`, when this image began (which is also the answer without /proc). Context: cold.
uint64_t born_realtime_ns(uint64_t latest);

// The same of the session, `latest` where that cannot be known: what its processes wrote is no
// earlier run's.
uint64_t session_born_realtime_ns(uint64_t latest);

// True if children would be born in another pid namespace than this process (unshare): the first of
// them is its init, and its end the end of all. Context: cold.
bool has_children_elsewhere();

// True if the kernel may kill all that is left in the pid namespace once this process has ended: it
// is the first of it, or is what the first one waits for (an init of containers). Context: cold.
bool ends_its_namespace(int parent_pid);

// Nanoseconds of CLOCK_MONOTONIC and CLOCK_REALTIME. Context: any.
uint64_t monotonic_ns();
uint64_t realtime_ns();

}  // namespace process
