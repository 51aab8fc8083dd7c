#include "program/recovery/spool_owner.h"

#include <cerrno>
#include <csignal>
#include <fstream>

#include "program/system/clock.h"
#include "program/system/process_stat.h"

namespace program {
namespace {

std::string proc(int pid) {
  return "/proc/" + std::to_string(pid);
}

}  // namespace

bool process_exists(int pid) {
  return pid > 0 && (kill(pid, 0) == 0 || errno == EPERM);
}

bool maps_file(int pid, const std::string& file_name, uint64_t start_monotonic_ns) {
  if (!process_exists(pid)) return false;
  std::ifstream maps(proc(pid) + "/maps");
  std::string line;
  bool any = false;
  while (std::getline(maps, line)) {
    any = true;
    if (line.find(file_name) != std::string::npos) return true;
  }
  if (any) return false;  // a zombie has no line, and no stat of use
  // The machine may have slept since: then a later birth is taken for an early one, and the file
  // waits for that process too.
  const uint64_t slept = clock_ns(CLOCK_BOOTTIME) - clock_ns(CLOCK_MONOTONIC);
  const std::optional<ProcessStat> stat = stat_of(proc(pid));
  std::ifstream readable(proc(pid) + "/maps");
  return !readable.is_open() && stat && stat->birth_ns <= start_monotonic_ns + slept;
}

}  // namespace program
