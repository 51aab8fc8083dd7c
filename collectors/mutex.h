// Which code makes other threads wait: the stack that unlocked a contended lock, charged with the
// time that its waiters waited because of it.
#pragma once

#include "collectors/waits/waits.h"

namespace mutex {

// The calling thread has released a lock of this kind and is charged `debt`. Context: after the
// real call.
void unlocked(waits::Kind kind, const waits::ContentionCharge& charge,
              const Caller& caller) SIGNAL_SAFE;

}  // namespace mutex
