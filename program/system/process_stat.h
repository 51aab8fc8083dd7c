// What the kernel says of a process or a thread in its stat file (proc(5)).
#pragma once

#include <cstdint>
#include <optional>
#include <string>

namespace program {

struct ProcessStat {
  std::string name;
  char state;  // 'R' runs or wants to, 'S' waits, 'D' for a disk
  int parent;
  uint64_t birth_ticks;  // field 22, as origin::Head has it
  uint64_t birth_ns;     // CLOCK_BOOTTIME, to the kernel's tick of 10 ms
};

// `directory`: /proc/PID, or one below its task. Nothing if it has ended.
std::optional<ProcessStat> stat_of(const std::string& directory);

}  // namespace program
