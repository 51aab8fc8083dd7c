// Whether a process records, as it and those who work beside it change it (layout::Control).
#pragma once

#include "env/safe/layout.h"

namespace recording {

inline bool is_on(const layout::Control& control) {
  return control.recording_since_ns.load(std::memory_order_relaxed) != 0;
}

// `now_ns` by CLOCK_MONOTONIC. What is to be armed then is the caller's work.
inline void set(layout::Control& control, bool on, uint64_t now_ns) {
  if (on) {
    uint64_t not_yet = 0;
    control.recording_since_ns.compare_exchange_strong(not_yet, now_ns);
    return;
  }
  const uint64_t since = control.recording_since_ns.exchange(0);
  if (since != 0 && now_ns > since) control.recorded_ns.fetch_add(now_ns - since);
}

inline uint32_t state(bool on) {
  return on ? layout::kStateOn : layout::kStateOff;
}

// Of who asked its agent for a state, and it did not come: false if it has come since, or somebody
// has asked for another.
inline bool take_back(layout::Control& control, bool on) {
  uint32_t wanted = state(on);
  return control.state_wanted.compare_exchange_strong(wanted, layout::kStateAsIs);
}

// Of a mode that PROFILER_MODE asked for, while the process records.
inline bool is_wanted(const layout::ModeEntry& mode) {
  return mode.on_demand == 0 && mode.held.load(std::memory_order_relaxed) == 0;
}

}  // namespace recording
