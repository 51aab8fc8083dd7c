// The part of the tables that holds no records: what the host and the processes that work beside it
// say to each other.
#pragma once

#include <atomic>
#include <cstdint>

namespace layout {

// Control::agent
constexpr uint32_t kNoAgent = 0, kAgentAttached = 1, kAgentReady = 2;
// Control::state_wanted: of whether it records; what a later one wants takes an earlier one's
// place.
constexpr uint32_t kStateAsIs = 0, kStateOn = 1, kStateOff = 2;
// Control::end: not written yet; the host asks the agent to; the agent writes; it has; it had long
// before, for PROFILER_DURATION.
constexpr uint32_t kEndOpen = 0, kEndAsked = 1, kEndTaken = 2, kEndWritten = 3, kEndOver = 4;

// Control::closing: of a host whose end is the agent's too. It waits for kClosed before it ends.
constexpr uint32_t kNotClosing = 0, kClosing = 1, kClosed = 2;

// Control::call_rows, the rows that a roll call is reported in: the agent empties them and asks;
// the host keeps its own rows in them, for a file, and no client asks.
constexpr uint32_t kRowsFree = 0, kRowsEmptied = 1, kRowsKept = 2;

// Control::call_kind: reports what every thread does; records how long its wait has lasted.
constexpr uint32_t kCallThreads = 0, kCallTimes = 1;

// All words are counters or are changed by compare and exchange. No process waits for another but
// at the end, and there with a limit.
struct Control {
  std::atomic<uint32_t> agent;
  std::atomic<uint32_t> requests;  // changes with each request: what the agent waits on (a futex)
  std::atomic<uint32_t> dumps_wanted, toggles_wanted;
  std::atomic<uint32_t> end;    // a futex
  std::atomic<uint32_t> dumps;  // numbers of files that were given away
  // Roll calls of the host's threads: asked for, taken whole, and how often a thread met one.
  std::atomic<uint32_t> calls_wanted, calls_answered, calls_heard;
  std::atomic<uint32_t> call_rows;
  // What the call is for (kCallThreads ...), and since when it matters (CLOCK_MONOTONIC).
  std::atomic<uint32_t> call_kind;
  std::atomic<uint64_t> call_since_ns;
  // Since when the threads' accounts are that such a call has begun, and which it was.
  std::atomic<uint64_t> times_since_ns;
  std::atomic<uint32_t> times_call;
  // While recording: CLOCK_MONOTONIC since when, else 0; and how long it was recorded before that.
  std::atomic<uint64_t> recording_since_ns, recorded_ns;
  // The agent's line for the host to say at its start, if there is one.
  std::atomic<uint32_t> greeting_is_error;
  // Asked of the agent, which tracks each client's wishes; taken back if it does not come.
  std::atomic<uint32_t> state_wanted;
  std::atomic<uint32_t> closing;  // a futex
  char greeting[244];
};

}  // namespace layout
