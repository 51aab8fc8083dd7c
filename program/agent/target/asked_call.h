// Calls of a host's threads (collectors/snapshot/snapshot_on_demand.h), which answer where they
// come by: one at a time.
#pragma once

#include <condition_variable>
#include <cstdint>
#include <functional>
#include <mutex>

namespace program {

class TargetTables;

// An idle server wakes a few times a second.
constexpr uint64_t kAnswer_ns = 1000000000;

// Until when a client waits for an answer: a time, and what says that it is over before.
struct Patience {
  uint64_t end_ns;  // CLOCK_MONOTONIC
  std::function<bool()> is_over = nullptr;
};

class CallDesk {
 public:
  // The desk, for a roll call: while it lives no other client calls.
  class Turn {
   public:
    explicit Turn(CallDesk& desk);
    ~Turn();
    Turn(const Turn&) = delete;
    Turn& operator=(const Turn&) = delete;

   private:
    CallDesk& desk_;
  };

  // What goes on in the threads is in the rows of wall, as of now or later; `since_ns`: when the
  // mode was armed, or any time. A client that asks while a call is under way joins it, or the next
  // one once a thread has answered. The number of the call that was answered; 0 where none
  // answered, or the process has ended.
  uint32_t record_times(const TargetTables& tables, uint64_t since_ns, const Patience& patience);

 private:
  uint32_t call_times(const TargetTables& tables, uint64_t since_ns, const Patience& patience,
                      uint64_t* unheard_ns);

  std::mutex mutex_;
  std::condition_variable changed_;
  bool is_taken_ = false;
  int turns_wanted_ = 0;
  // The last call that was answered, and up to when no thread had answered.
  uint32_t answered_ = 0;
  uint64_t answered_ns_ = 0;
};

// Waits until all is reported, or for a second without an answer; a thread that comes later has
// nothing to report. False: not all was. Context: the client that has the turn.
bool is_answered(const TargetTables& tables, uint32_t call);

// Of a mode that is armed anyway, for whom a second is not too long.
void record_times(const TargetTables& tables);

}  // namespace program
