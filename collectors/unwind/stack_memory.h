// The memory that a stack walk may read: the thread's own stack, from the red zone of the first
// frame upwards.
//
// A thread's stack is known from its start (env/sys/thread_state.h). On any other stack (a fiber,
// an alternate signal stack, a thread made by a raw clone) pages are asked for one by one with a
// system call that only reads, so that a walk never faults wherever the stack pointer points.
#pragma once

#include <cstdint>

#include "env/sys/compiler/attributes.h"

class StackMemory {
 public:
  // A larger single frame is a misread rule, not a frame.
  static constexpr uint64_t kMaxFrame = 64u << 20;

  // The bounds of a thread's own stack; empty: not known.
  struct Own {
    uint64_t low, high;
  };
  // `sp` is the stack pointer that the walk starts from. Context: any thread of the host's libc.
  explicit StackMemory(uint64_t sp) SIGNAL_SAFE;
  // The same of a thread that may have no thread-local memory. Context: any.
  StackMemory(uint64_t sp, Own own) SIGNAL_SAFE : own_(own) { enter(sp); }
  // A copy of [low, high) of another thread's stack, which is all that can be read.
  StackMemory(uint64_t low, uint64_t high, const void* copy) SIGNAL_SAFE
      : low_(low),
        high_(high),
        distance_(reinterpret_cast<uint64_t>(copy) - low) {}

  // The word at `address`, or false where the walk may not read. Context: any.
  bool load(uint64_t address, uint64_t* value) SIGNAL_SAFE {
    if (UNLIKELY((address & 7) != 0 || address < low_)) return false;
    // Both are multiples of 8; "address + 8 > high_" would wrap at the top of all addresses.
    if (UNLIKELY(address >= high_) && !extend(address)) return false;
    *value = word(address);
    return true;
  }

  bool covers(uint64_t address) const { return address >= low_; }
  // The same for an aligned address that is known not to lie below the stack. Context: any.
  bool reaches(uint64_t address) SIGNAL_SAFE { return LIKELY(address < high_) || extend(address); }
  // True for the stack that the thread began on, mapped or not.
  bool is_of_thread(uint64_t address) const { return address >= own_.low && address < own_.high; }
  bool is_copy() const { return distance_ != 0; }
  // A word that needs no asking. Context: any.
  bool holds(uint64_t address) const {
    return (address & 7) == 0 && address >= low_ && address < high_;
  }
  // Only of what it holds.
  READS_FOREIGN uint64_t word(uint64_t address) const {
    // NOLINTNEXTLINE(clang-analyzer-core.NullDereference): page 0 is never within the bounds
    return *reinterpret_cast<const uint64_t*>(address + distance_);
  }

  // True if `sp` may be the stack pointer of a caller of a frame at `from`.
  bool is_above(uint64_t sp, uint64_t from) const { return sp > from && sp - from <= kMaxFrame; }

  // Goes on from another stack: what lies below a signal handler. Context: any.
  void enter(uint64_t sp) SIGNAL_SAFE;
  // The same where it is a guess that there is a stack: every page is asked for. Context: any.
  void enter_unproven(uint64_t sp) SIGNAL_SAFE;
  // Whether a page can be read, by a system call that changes nothing. Context: any.
  static bool is_readable(uint64_t address) SIGNAL_SAFE;

 private:
  bool extend(uint64_t address) SIGNAL_SAFE;

  // Pages asked for in one walk: 1 MiB of a stack with unknown bounds.
  static constexpr unsigned kMaxProbes = 256;

  Own own_{};
  uint64_t low_;
  uint64_t high_;
  uint64_t distance_ = 0;     // from a stack to the copy that is read
  unsigned probes_left_ = 0;  // 0: the bounds are final
};
