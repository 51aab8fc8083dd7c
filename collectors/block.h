// Where threads wait for each other: the waiter's stack and its time.
#pragma once

#include "collectors/waits/waits.h"

namespace block {

// A wait of `ns` is over. Kept in proportion to its length, weighted when taken. Context: the
// waiting thread, after the real call.
void waited(const waits::Wait& wait, uint64_t ns) SIGNAL_SAFE;

}  // namespace block
