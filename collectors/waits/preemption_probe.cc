#include "collectors/waits/preemption_probe.h"

#include <sys/resource.h>
#include <sys/syscall.h>
#include <time.h>

namespace preemption_probe {

// What the kernel wants to see before it jumps to a section's way out, which it never does here.
asm(".pushsection .text\n"
    ".long 0x53053053\n"
    "profiler_never_left_to:\n"
    "ud2\n"
    ".popsection");
extern "C" HIDDEN const char profiler_never_left_to[];

constinit int64_t section_offset = 0;

// A section of one byte, in a page without code.
const Section empty_section = {0, 0, 1, 1, profiler_never_left_to};

namespace {

// Linux 6.19 looks at the section only where an interrupt came, not after a system call that
// waited; some sandboxes count no switches.
bool is_told() {
  const timespec pause{0, 100000};
  const uint64_t before = use_of_thread().given_up;
  mark();
  arch::syscall(SYS_nanosleep, &pause, 0L);
  return left() && use_of_thread().given_up != before;
}

}  // namespace

Use use_of_thread() {
  rusage usage{};
  arch::syscall(SYS_getrusage, RUSAGE_THREAD, &usage);
  const auto us = [](const timeval& t) {
    return static_cast<uint64_t>(t.tv_sec) * 1000000 + static_cast<uint64_t>(t.tv_usec);
  };
  return {static_cast<uint64_t>(usage.ru_nvcsw), static_cast<uint64_t>(usage.ru_nivcsw),
          1000 * (us(usage.ru_utime) + us(usage.ru_stime))};
}

void use(int64_t area_offset, uint32_t area_size) {
  constexpr int64_t kSection = 8;  // of struct rseq
  if (area_size < 16) return;
  section_offset = area_offset + kSection;
  if (!is_told()) section_offset = 0;
}

}  // namespace preemption_probe
