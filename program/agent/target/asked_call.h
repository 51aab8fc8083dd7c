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

// Until when somebody waits for an answer: a time, and what says that it is over before.
struct Patience {
  uint64_t end_ns;  // CLOCK_MONOTONIC
  std::function<bool()> is_over = nullptr;
};

class CallDesk {
 public:
  // The desk, for a roll call: while it lives nobody else calls.
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
  // mode was armed, or any time. Who asks while a call is under way joins it, or the next one once
  // somebody has come by. The number of the call that was answered; 0 where nobody came by, or the
  // process has ended.
  uint32_t record_times(const TargetTables& tables, uint64_t since_ns, const Patience& patience);

 private:
  uint32_t call_times(const TargetTables& tables, uint64_t since_ns, const Patience& patience,
                      uint64_t* unheard_ns);

  std::mutex mutex_;
  std::condition_variable changed_;
  bool is_taken_ = false;
  int turns_wanted_ = 0;
  // The last call that was answered, and up to when nobody had come by.
  uint32_t answered_ = 0;
  uint64_t answered_ns_ = 0;
};

// Waits until all is told, or for a second in which nobody came by; who comes by later has nothing
// to tell. False: not all was. Context: whoever has the turn.
bool is_answered(const TargetTables& tables, uint32_t call);

// Of a mode that is armed anyway, for whom a second is not too long.
void record_times(const TargetTables& tables);

}  // namespace program
