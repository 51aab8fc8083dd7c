#include "env/sys/own_process.h"

#include <fcntl.h>
#include <sys/syscall.h>
#include <time.h>

#include <string_view>

#include "env/sys/arch.h"
#include "env/sys/text.h"

namespace process {

namespace {

uint64_t clock_ns(clockid_t clock) {
  timespec now{};
  arch::syscall(SYS_clock_gettime, clock, &now);
  return static_cast<uint64_t>(now.tv_sec) * 1000000000u + static_cast<uint64_t>(now.tv_nsec);
}

// 0: not known.
uint64_t birth_of(const char* stat_path) {
  char bytes[1024];
  const long fd = arch::syscall(SYS_openat, AT_FDCWD, stat_path, O_RDONLY | O_CLOEXEC, 0);
  if (fd < 0) return 0;
  const long size = arch::syscall(SYS_read, fd, bytes, sizeof bytes);
  arch::syscall(SYS_close, fd);
  if (size <= 0) return 0;
  // Behind the name, which may hold anything, come numbers; the 20th of them is the start in ticks
  // of 10 ms since the machine's.
  std::string_view rest(bytes, static_cast<size_t>(size));
  const size_t name_end = text::find_last(rest, ')');
  if (name_end == text::kNowhere) return 0;
  rest = text::part(rest, name_end + 2);
  for (int field = 3; field < 22; field++) {
    const size_t blank = text::find(rest, " ");
    if (blank == text::kNowhere) return 0;
    rest = text::part(rest, blank + 1);
  }
  uint64_t ticks = 0;
  return text::take_number(rest, ticks) ? ticks : 0;
}

uint64_t born(const char* stat_path, uint64_t latest) {
  const uint64_t ticks = birth_of(stat_path);
  if (ticks == 0) return latest;
  constexpr uint64_t kTick = 10000000;
  const uint64_t time = realtime_ns() - clock_ns(CLOCK_BOOTTIME) + (ticks + 1) * kTick;
  return time < latest ? time : latest;
}

}  // namespace

int current_pid() {
  return static_cast<int>(arch::syscall(SYS_getpid));
}

uint64_t monotonic_ns() {
  return clock_ns(CLOCK_MONOTONIC);
}

uint64_t realtime_ns() {
  return clock_ns(CLOCK_REALTIME);
}

// Kept for this process: a forked child asks anew.
uint64_t birth_ticks() {
  static int pid;
  static uint64_t ticks;
  if (pid == current_pid()) return ticks;
  ticks = birth_of("/proc/self/stat");
  pid = current_pid();
  return ticks;
}

uint64_t born_realtime_ns(uint64_t latest) {
  return born("/proc/self/stat", latest);
}

uint64_t session_born_realtime_ns(uint64_t latest) {
  const long session = arch::syscall(SYS_getsid, 0);
  char path[40];
  // 0: its leader is outside of this pid namespace.
  text::Builder(path) << "/proc/" << static_cast<uint64_t>(session > 0 ? session : 1) << "/stat";
  return born(path, latest);
}

}  // namespace process
