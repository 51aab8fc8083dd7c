// SIGXFSZ of our own writes.
#pragma once

#include <signal.h>
#include <sys/syscall.h>
#include <time.h>

#include <cstdint>

#include "env/sys/arch.h"

// Past RLIMIT_FSIZE a write raises SIGXFSZ, which ends a program that does not expect it. While
// this lives it is blocked on this thread, and one that we caused is taken back.
class SizeSignalBlock {
 public:
  SizeSignalBlock() {
    uint64_t pending = 0;
    arch::syscall(SYS_rt_sigprocmask, SIG_BLOCK, &kMask, &old_mask_, sizeof kMask);
    arch::syscall(SYS_rt_sigpending, &pending, sizeof pending);
    was_pending_ = (pending & kMask) != 0;
  }
  ~SizeSignalBlock() {
    const struct timespec now = {};
    if (exceeded && !was_pending_) {
      arch::syscall(SYS_rt_sigtimedwait, &kMask, nullptr, &now, sizeof kMask);
    }
    arch::syscall(SYS_rt_sigprocmask, SIG_SETMASK, &old_mask_, nullptr, sizeof kMask);
  }
  SizeSignalBlock(const SizeSignalBlock&) = delete;
  SizeSignalBlock& operator=(const SizeSignalBlock&) = delete;

  bool exceeded = false;

 private:
  static constexpr uint64_t kMask = uint64_t{1} << (SIGXFSZ - 1);  // the kernel's sigset
  uint64_t old_mask_ = 0;
  bool was_pending_ = false;
};
