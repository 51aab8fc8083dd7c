// Whether a process records, as it and the processes beside it change it (layout::Control).
#pragma once

#include "tables/layout.h"
#include "tables/shared_word.h"

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

// Withdraws the state that the caller asked its agent for. False if the agent has set it since, or
// another request has replaced it.
inline bool take_back(layout::Control& control, bool on) {
  uint32_t wanted = state(on);
  return control.state_wanted.compare_exchange_strong(wanted, layout::kStateAsIs);
}

// For a mode that PROFILER_MODE asked for, while the process records.
inline bool is_wanted(const layout::ModeEntry& mode) {
  return mode.on_demand == 0 && mode.held.load() == 0;
}

// The modes that are to be armed, as bits: those that are wanted, and those whose samples they
// show.
inline uint64_t to_be_armed(const layout::Header& header, uint32_t modes) {
  const bool on = header.control.recording_since_ns.load() != 0;
  uint64_t armed = 0, present = 0;
  for (uint32_t i = 0; i < modes; i++) {
    const layout::ModeEntry& mode = header.modes[i];
    const uint32_t source = __atomic_load_n(&mode.source, __ATOMIC_RELAXED);
    if (mode.absent.load() == 0) present |= uint64_t{1} << i;
    if (mode.wanted.load() == 0 && !(on && is_wanted(mode))) continue;
    armed |= uint64_t{1} << i;
    if (source < layout::kMaxModes) armed |= uint64_t{1} << source;
  }
  return armed & present;
}

// To be called after each change of what decides. The host and the processes beside it may call it
// at once. All accesses are sequentially consistent, and the last to store has read the counts
// after that, so the final value follows from the last change. Context: any.
inline void arm(layout::Header& header) {
  const uint32_t count = __atomic_load_n(&header.mode_count, __ATOMIC_RELAXED);
  const uint32_t modes = count < layout::kMaxModes ? count : layout::kMaxModes;
  for (unsigned tries = 0; tries < shared_word::kMostTries; tries++) {
    const uint64_t armed = to_be_armed(header, modes);
    for (uint32_t i = 0; i < modes; i++) header.modes[i].armed.store(armed >> i & 1);
    if (to_be_armed(header, modes) == armed) return;
  }
}

// One more, or one less, asks for a mode from outside.
inline void want(layout::Header& header, uint32_t mode, int by) {
  header.modes[mode].wanted.fetch_add(static_cast<uint32_t>(by));
  arm(header);
}

}  // namespace recording
