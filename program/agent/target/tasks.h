// The threads of a running process as the kernel counts them: no right on the process is needed
// for its threads, and it is not disturbed.
#pragma once

#include <cstdint>
#include <optional>
#include <set>
#include <string>

namespace program {

// Empty where the process has ended.
std::set<int64_t> threads_of(int pid);

// Nothing where the process has ended, or may not be looked into.
std::optional<uint64_t> open_descriptors_of(int pid);

struct Task {
  std::string name;
  char state;            // ProcessStat's
  uint64_t life_ns = 0;  // since the kernel's tick in which it began
  // Of that. The rest it was off the processor because it waited. 0 where the kernel does not count
  // them.
  uint64_t cpu_ns = 0, runnable_ns = 0;
};

// Nothing if it has ended.
std::optional<Task> task_of(int pid, int64_t tid);

}  // namespace program
