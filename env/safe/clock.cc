#include "env/safe/clock.h"

#include <sys/syscall.h>
#include <time.h>

#include "env/safe/arch.h"

namespace clock_source {

namespace {

using Function = int(clockid_t, timespec*);
Function* from_vdso;

}  // namespace

void use(const void* clock_gettime) {
  from_vdso = reinterpret_cast<Function*>(const_cast<void*>(clock_gettime));
}

uint64_t monotonic_ns() {
  timespec now{};
  if (from_vdso == nullptr || from_vdso(CLOCK_MONOTONIC, &now) != 0) {
    arch::syscall(SYS_clock_gettime, CLOCK_MONOTONIC, &now);
  }
  return static_cast<uint64_t>(now.tv_sec) * 1000000000 + static_cast<uint64_t>(now.tv_nsec);
}

uint64_t coarse_monotonic_ns() {
  timespec now{};
  if (from_vdso == nullptr || from_vdso(CLOCK_MONOTONIC_COARSE, &now) != 0) return 0;
  return static_cast<uint64_t>(now.tv_sec) * 1000000000 + static_cast<uint64_t>(now.tv_nsec);
}

}  // namespace clock_source
