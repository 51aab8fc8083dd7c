#include "encoder/program/spool_owner.h"

#include <unistd.h>

#include <cerrno>
#include <csignal>
#include <fstream>

#include "encoder/program/clock.h"

namespace program {
namespace {

std::string proc(int pid, const char* file) {
  return "/proc/" + std::to_string(pid) + file;
}

// CLOCK_BOOTTIME of the process's birth, to 10 ms; 0 if there is none.
uint64_t birth_ns(int pid) {
  std::ifstream file(proc(pid, "/stat"));
  std::string line;
  std::getline(file, line);
  const size_t name_end = line.rfind(')');  // the name may hold anything
  if (name_end == std::string::npos) return 0;
  size_t at = name_end + 1;
  for (int field = 2; field < 22 && at != std::string::npos; field++) at = line.find(' ', at + 1);
  if (at == std::string::npos) return 0;
  const unsigned long long ticks = strtoull(line.c_str() + at, nullptr, 10);
  return ticks * (1000000000ull / static_cast<unsigned long long>(sysconf(_SC_CLK_TCK)));
}

}  // namespace

bool process_exists(int pid) {
  return pid > 0 && (kill(pid, 0) == 0 || errno == EPERM);
}

bool maps_file(int pid, const std::string& file_name, uint64_t start_monotonic_ns) {
  if (!process_exists(pid)) return false;
  std::ifstream maps(proc(pid, "/maps"));
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
  const uint64_t birth = birth_ns(pid);
  std::ifstream readable(proc(pid, "/maps"));
  return !readable.is_open() && birth != 0 && birth <= start_monotonic_ns + slept;
}

}  // namespace program
