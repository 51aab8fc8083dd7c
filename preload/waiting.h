// Calls that wait for another thread: a lock that others have, its release while others wait, a
// condition, and what ends by itself. Reached by tail jumps from the exported functions, so that
// the frame above is the host's.
#pragma once

#include <errno.h>
#include <threads.h>

#include "collectors/block.h"
#include "collectors/mutex.h"
#include "collectors/wall.h"
#include "env/safe/attributes.h"
#include "preload/next.h"

inline const void* address_of_lock(const volatile void* lock) {
  return const_cast<const void*>(lock);
}

// Of the calls of pthreads and of C11, whose numbers do not meet: no lock ends with EINTR, which is
// thrd_timedout.
inline bool is_end_of_wait(int error) {
  return error == 0 || error == EOWNERDEAD || error == ETIMEDOUT || error == thrd_timedout;
}

template <auto& next, waits::Kind kind, typename Lock, typename... Arguments>
NOINLINE int contended_lock(Lock* lock, Arguments... arguments) {
  const Caller caller = CALLER_OF_THIS_FUNCTION();
  waits::Wait wait(kind, address_of_lock(lock), caller, next.address());
  const int error = next(lock, arguments...);
  const uint64_t ns = wait.over();
  wall::waited(wait, ns);
  if (is_end_of_wait(error)) block::waited(wait, ns);
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

// Gives what the function gives; errno is the function's.
template <auto& next, waits::Kind kind, typename... Arguments>
NOINLINE int waiting(Arguments... arguments) {
  const Caller caller = CALLER_OF_THIS_FUNCTION();
  waits::Wait wait(kind, nullptr, caller, next.address());
  const int result = next(arguments...);
  const uint64_t ns = wait.over();
  wall::waited(wait, ns);
  const int error = kind == waits::Kind::kSemaphore && result != 0 ? errno : result;
  const bool waited = is_end_of_wait(error) || error == EINTR ||
                      (kind == waits::Kind::kBarrier && error == PTHREAD_BARRIER_SERIAL_THREAD);
  if (waited) block::waited(wait, ns);
  return result;
}

// A wait for a condition releases its mutex.
template <auto& next, typename Condition, typename Mutex, typename... Arguments>
NOINLINE int waiting_for_condition(Condition* c, Mutex* m, Arguments... arguments) {
  const Caller caller = CALLER_OF_THIS_FUNCTION();
  if (waits::may_wait_for(m)) {
    mutex::unlocked(waits::Kind::kMutex, waits::take_debt(m), caller);
  }
  waits::Wait wait(waits::Kind::kCondition, nullptr, caller, next.address());
  const int error = next(c, m, arguments...);
  const uint64_t ns = wait.over();
  wall::waited(wait, ns);
  if (is_end_of_wait(error)) block::waited(wait, ns);
  return error;
}
