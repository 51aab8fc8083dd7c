#include "env/sys/clock.h"

#include <linux/prctl.h>
#include <sys/syscall.h>
#include <time.h>

#include <atomic>

#include "env/sys/arch.h"

namespace clock_source {

namespace {

using Function = int(clockid_t, timespec*);
// Relaxed: the counter is forbidden after the program's own call has returned.
std::atomic<Function*> precise;
Function* coarse;

// The process that executed this program may have forbidden it: it stays so.
bool is_counter_forbidden() {
  int state = 0;
  arch::syscall(SYS_prctl, PR_GET_TSC, &state, 0L, 0L, 0L);
  return state == PR_TSC_SIGSEGV;
}

}  // namespace

void use(const void* clock_gettime) {
  coarse = reinterpret_cast<Function*>(const_cast<void*>(clock_gettime));
  if (!is_counter_forbidden()) precise.store(coarse, std::memory_order_relaxed);
}

void avoid_counter() {
  precise.store(nullptr, std::memory_order_relaxed);
}

uint64_t monotonic_ns() {
  timespec now{};
  Function* const function = precise.load(std::memory_order_relaxed);
  if (function == nullptr || function(CLOCK_MONOTONIC, &now) != 0) {
    arch::syscall(SYS_clock_gettime, CLOCK_MONOTONIC, &now);
  }
  return static_cast<uint64_t>(now.tv_sec) * 1000000000 + static_cast<uint64_t>(now.tv_nsec);
}

uint64_t coarse_monotonic_ns() {
  timespec now{};
  if (coarse == nullptr || coarse(CLOCK_MONOTONIC_COARSE, &now) != 0) return 0;
  return static_cast<uint64_t>(now.tv_sec) * 1000000000 + static_cast<uint64_t>(now.tv_nsec);
}

}  // namespace clock_source
