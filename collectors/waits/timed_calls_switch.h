// Whether calls that may wait are timed: always where wall or trace is asked for from the start,
// else only while one of them is armed (docs/decisions/0013-wall-clock.md).
#pragma once

#include <atomic>
#include <cstdint>

#include "env/sys/compiler/attributes.h"

namespace timed_calls_switch {

inline constinit std::atomic<bool> is_on{false};

// A mode that is made of them begins; `always`: they are timed from here on. Context: start.
void serve(uint32_t mode, bool always);
// On if one of the modes is armed, else off. No thread of this process is notified when one is. A
// thread calls this when it meets a request to, or after timing a call for a mode that is no
// longer armed. Context: any.
void settle() SIGNAL_SAFE;

}  // namespace timed_calls_switch
