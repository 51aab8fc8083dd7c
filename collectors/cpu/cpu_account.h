// CPU time against what ticks stood for: of each thread, and of the process.
#pragma once

#include <cstdint>

#include "collectors/threads/thread_part.h"
#include "collectors/threads/threads.h"
#include "env/sys/text.h"

namespace cpu_account {

// A thread's CPU time against the ticks that were recorded for it.
struct Account {
  HIDDEN static const uint32_t kPlace;  // in a thread's record
  uint64_t before_ns;                   // its clock when its timer was first armed
  std::atomic<uint64_t> next_ns;        // what its next tick stands for
  std::atomic<uint64_t> accounted_ns;   // what its ticks stood for; written by the thread alone
  std::atomic<bool> open;               // not settled yet
};
inline Account& of(Thread& thread) {
  return threads::part<Account>(thread);
}
inline const Account& of(const Thread& thread) {
  return threads::part<Account>(thread);
}

// From here on, of all. Context: start.
void begin();

// A thread's account is opened with its first tick to come after `first_ns`. Context: any thread.
void open(Thread& thread, uint64_t first_ns);
// True for the one caller that closes it.
bool close(Thread& thread);
// What a signal of `ticks` stands for. A thread's first tick comes at a random part of the period
// and stands for that part, so that ticks never say more than its clock. Context: signal handler.
uint64_t of_ticks(Thread& thread, uint32_t ticks, uint64_t period_ns) SIGNAL_SAFE;
// Given away, to whomever. Context: any.
void gave(uint64_t ns) SIGNAL_SAFE;

// What a thread has used beyond its ticks: the part of a period that is always left (all of a
// thread shorter than that), or, where it blocked the signal, all of its time. Without it threads
// of 5 ms would show 0.6 of their time, threads of 1 ms 0.1.
uint64_t rest_of(const Thread& thread);
// The CPU time of the process that no sample holds, besides `settled_ns`: that of threads whose end
// we did not see, and that after a thread's record was closed. 0 below the clocks' precision.
uint64_t rest_of_process(uint64_t settled_ns);
// The process runs ahead of the threads that are known: there are others. Context: any.
bool has_raw_threads(uint64_t period_ns) SIGNAL_SAFE;

// For the comments: how much of the CPU time since begin() the kernel calls system time.
// Context: cold.
void note(text::Builder& out);
// Seconds with three decimals.
void write_seconds(text::Builder& out, uint64_t ns);

// Under which frame a rest is: [short], or [lost] where a tick should have come.
inline uint64_t leaf_of(uint64_t rest_ns, uint64_t period_ns) {
  // The kernel looks at its clocks every few milliseconds and at most so late.
  constexpr uint64_t kLatestTick = 20000000;
  return rest_ns > period_ns + kLatestTick ? layout::kPcLost : layout::kPcShort;
}

}  // namespace cpu_account
