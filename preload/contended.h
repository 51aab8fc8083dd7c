// A lock that others have, and the release of one that others wait for, whatever kind of lock.
// Reached by tail jumps from the exported functions, so that the frame above is the host's.
#pragma once

#include <errno.h>

#include "collectors/block.h"
#include "collectors/mutex.h"
#include "env/safe/attributes.h"
#include "preload/next.h"

inline const void* address_of_lock(const volatile void* lock) {
  return const_cast<const void*>(lock);
}

template <auto& next, waits::Kind kind, typename Lock, typename... Arguments>
NOINLINE int contended_lock(Lock* lock, Arguments... arguments) {
  const Caller caller = CALLER_OF_THIS_FUNCTION();
  waits::Wait wait(kind, address_of_lock(lock), caller);
  const int error = next(lock, arguments...);
  const uint64_t ns = wait.over();
  if (error == 0 || error == EOWNERDEAD || error == ETIMEDOUT) block::waited(wait, ns);
  return error;
}

template <auto& next, waits::Kind kind, typename Lock>
NOINLINE int contended_unlock(Lock* lock) {
  const Caller caller = CALLER_OF_THIS_FUNCTION();
  const waits::Debt debt = waits::take_debt(address_of_lock(lock));
  const int error = next(lock);
  if (error == 0) mutex::unlocked(kind, debt, caller);
  return error;
}
