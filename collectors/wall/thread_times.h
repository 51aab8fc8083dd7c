// Where the life of a thread goes. Its CPU clock gives the time that it ran. The thread itself
// measures its waits, call by call. The kernel counts how long it was ready without a processor.
// The remainder was spent in waits that are not interposed.
#pragma once

#include <atomic>
#include <cstdint>

#include "collectors/threads/thread_part.h"
#include "collectors/waits/waits.h"

namespace thread_times {

enum class State : uint32_t {
  kRunning,
  kRunnable,
  kLock,
  kCondition,
  kJoin,
  kSleep,
  kIo,
  kFutex,
  kOther,
  kCount
};
constexpr unsigned kStates = static_cast<unsigned>(State::kCount);

const char* name_of(State state);
State state_of(waits::Kind kind) SIGNAL_SAFE;

// A sum that other threads write, of a thread that they know by its number: the record may be
// another thread's by the time that they write. Number and microseconds are one word, so that they
// write to that thread's account or not at all.
class RecordedSum {
 public:
  void begin(int tid) { word_.store(tag_of(tid), std::memory_order_relaxed); }
  int64_t ns() const { return ns_of(word_.load(std::memory_order_relaxed)); }
  // Both give by how much it has grown; 0 where it is another thread's.
  int64_t add(int tid, int64_t ns) {
    return change(tid, [ns](int64_t before) { return before + ns; });
  }
  int64_t grow_to(int tid, int64_t ns) {
    return change(tid, [ns](int64_t before) { return ns > before ? ns : before; });
  }

 private:
  static constexpr unsigned kBits = 48;
  static uint64_t tag_of(int tid) { return static_cast<uint64_t>(tid) << kBits; }
  static int64_t ns_of(uint64_t word) {
    return static_cast<int64_t>(word & ((uint64_t{1} << kBits) - 1)) * 1000;
  }
  template <typename Next>
  int64_t change(int tid, Next next) {
    uint64_t before = word_.load(std::memory_order_relaxed);
    while (before >> kBits << kBits == tag_of(tid)) {
      const int64_t ns = next(ns_of(before));
      const uint64_t after = tag_of(tid) | static_cast<uint64_t>(ns < 0 ? 0 : ns / 1000);
      if (word_.compare_exchange_weak(before, after, std::memory_order_relaxed)) {
        return ns_of(after) - ns_of(before);
      }
    }
    return 0;
  }
  std::atomic<uint64_t> word_;
};

// Only the thread writes it, but for begin, close and what other threads have recorded.
struct Account {
  HIDDEN static const uint32_t kPlace;  // in a thread's record
  // The recording's (wall.cc): an account of an earlier one is closed. 0: closed.
  std::atomic<uint32_t> round;
  uint64_t begin_ns, cpu_before_ns, runnable_before_ns;
  // By state, without the CPU time in them (which may make one negative for a moment).
  std::atomic<int64_t> waited_ns[kStates];
  // Short waits are laid end to end; each stretch of a period has a random point in it.
  uint64_t position_ns, stretch_ns, point_ns;
  std::atomic<layout::Ref> last_stack;
  // wall/open_waits.h, written by the inspecting thread: the time already recorded of open waits,
  // by state; that of waits that are not interposed; and where the thread stood when its account
  // began, 0: it has gone on since then.
  RecordedSum already_recorded[kStates], recorded_rest, recorded_runnable;
  std::atomic<layout::Ref> first_stack, first_state;
};
inline Account& of(Thread& thread) {
  return threads::part<Account>(thread);
}
inline const Account& of(const Thread& thread) {
  return threads::part<Account>(thread);
}

struct Sums {
  uint64_t life_ns;
  int64_t ns[kStates];
  bool is_whole;  // false: the thread has ended meanwhile, and settles its account itself
};

// Context: the thread itself; start; the inspecting thread, if the account is closed.
void begin(Thread& thread, uint32_t round, uint64_t since_ns);
// A wait is over. `less_ns` of it was CPU time, or was recorded by other threads (exact, or as far
// as ticks tell). Context: the thread itself.
void waited(Thread& thread, State state, uint64_t ns, uint64_t less_ns) SIGNAL_SAFE;
// How much of it to record, so that nothing is lost or favoured. A wait of a period or more counts
// as long as it was; a shorter one counts a period if a point falls into it. Context: as above.
uint64_t to_record(Thread& thread, uint64_t ns, uint64_t period_ns) SIGNAL_SAFE;

// All of the thread's life so far; `open_ns` of it in a wait of `state` that goes on. What is left
// over is runnable, as much as the kernel says, and other. Context: cold.
// `tid` is the thread's: the record may be another thread's by now.
Sums sums_of(const Thread& thread, int tid, State state, uint64_t open_ns);

}  // namespace thread_times
