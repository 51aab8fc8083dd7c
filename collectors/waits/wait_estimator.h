// How much of a call its thread was off the processor for, with as few looks at clocks as will do.
//
// A system call for each wait costs more than a wait for a pipe. So the kernel is asked what the
// thread ran once a millisecond at most where waits are short, and short waits that follow each
// other closely have no start of their own: they begin where the last one ended. What that counts
// too much, the thread ran: the next look shows it, and later waits are as much shorter. So the
// waits of a thread and its CPU time add up to its life, whatever is rounded or guessed in one.
#pragma once

#include <cstdint>

#include "collectors/waits/preemption_probe.h"
#include "env/sys/compiler/attributes.h"

class WaitEstimator {
 public:
  // Where the thread asks what is a wait: shorter ones are believed to be.
  static constexpr uint64_t kShortNs = 20000, kWindowNs = 1000000;
  // For how long each call is asked for once the thread was preempted, perhaps in a longer one; and
  // none is once a short one is found in which it was.
  static constexpr uint64_t kUneasyNs = 1000000000;

  // When the last wait ended, if the next one may be said to begin there; else 0.
  uint64_t start_ns() const { return is_rapid_ ? end_ns_ : 0; }
  // A tick: the thread has run for a while, or has taken another turn.
  void ran() { is_rapid_ = false; }

  // The thread has left the processor in a call of `ns` that ends now: whether the kernel is to be
  // asked.
  bool is_to_ask(uint64_t ns, uint64_t end_ns) const {
    return ns >= kShortNs || end_ns < uneasy_until_ns_ || asked_ns_ == 0 ||
           end_ns - asked_ns_ >= kWindowNs;
  }
  // How much of it was a wait, without and with the answer; false: none, it was preempted.
  uint64_t short_wait(uint64_t ns, uint64_t end_ns) SIGNAL_SAFE;
  bool asked(const preemption_probe::Use& use, uint64_t ns, uint64_t end_ns,
             uint64_t* waited_ns) SIGNAL_SAFE;
  // A wait that was measured by itself.
  void measured(uint64_t ns) { window_ns_ += ns; }

 private:
  uint64_t less_owed(uint64_t ns) SIGNAL_SAFE;

  preemption_probe::Use use_;
  uint64_t asked_ns_;   // when; 0: never
  uint64_t window_ns_;  // of waits since
  uint64_t owed_ns_;    // that waits were said to be too long
  uint64_t end_ns_;
  uint64_t uneasy_until_ns_;  // each call is asked for
  uint64_t used_until_ns_;    // none is for a displacement: short calls have them
  bool is_rapid_;
};
