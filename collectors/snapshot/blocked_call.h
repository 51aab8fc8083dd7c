// What a thread does in the kernel, as /proc reports it: also for a wait that no interposer sees.
#pragma once

#include <cstdint>

namespace blocked_call {

enum class Answer { kGone, kRunning, kBlocked, kUnknown };

struct Call {
  long number;  // -1: none (a page fault)
  uint64_t sp, pc;
  bool operator==(const Call& other) const {
    return number == other.number && sp == other.sp && pc == other.pc;
  }
};

// kUnknown without /proc, or where the kernel does not tell. Context: cold.
Answer of_thread(int tid, Call* out);

// "sleep", "io", "futex" or "other".
const char* state_of(long number);

}  // namespace blocked_call
