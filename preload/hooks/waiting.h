// Calls that wait for another thread: a lock that others have, its release while others wait, a
// condition, and what ends by itself. Reached by tail jumps from the exported functions, so that
// the frame above is the host's.
#pragma once

#include <errno.h>
#include <threads.h>

#include "collectors/block.h"
#include "collectors/mutex.h"
#include "collectors/trace.h"
#include "collectors/wall.h"
#include "env/sys/arch.h"
#include "env/sys/compiler/attributes.h"
#include "preload/hooks/next.h"

inline const void* address_of_lock(const volatile void* lock) {
  return const_cast<const void*>(lock);
}

// Of the calls of pthreads and of C11, whose numbers do not meet: no lock ends with EINTR, which is
// thrd_timedout.
inline bool is_end_of_wait(int error) {
  return error == 0 || error == EOWNERDEAD || error == ETIMEDOUT || error == thrd_timedout;
}

inline bool is_let_in(int error) {
  return error == 0 || error == EOWNERDEAD;
}

inline trace::Outcome outcome_of(int error) {
  if (is_let_in(error)) return trace::Outcome::kLetIn;
  return error == ETIMEDOUT || error == thrd_timedout ? trace::Outcome::kTimedOut
                                                      : trace::Outcome::kFailed;
}

// A lock's release notifies all its waiters, and the one that gets it was notified by the last to
// have it; readers and writers are let in by each other, or by the last writer.
constexpr trace::Whom whom_of(waits::Kind kind) {
  return kind == waits::Kind::kReadLock ? trace::Whom::kWriters : trace::Whom::kAll;
}

template <auto& next, waits::Kind kind, typename Lock, typename... Arguments>
NOINLINE int contended_lock(Lock* lock, Arguments... arguments) {
  const Caller caller = CALLER_OF_THIS_FUNCTION();
  waits::Wait wait(kind, address_of_lock(lock), caller, next.address());
  const int error = next(lock, arguments...);
  const arch::CleanState clean;
  const uint64_t ns = wait.over(is_let_in(error));
  wall::waited(wait, ns);
  trace::waited(wait, outcome_of(error));
  if (is_end_of_wait(error)) block::waited(wait, ns);
  return error;
}

template <auto& next, waits::Kind kind, typename Lock>
NOINLINE int contended_unlock(Lock* lock) {
  const Caller caller = CALLER_OF_THIS_FUNCTION();
  const void* const address = address_of_lock(lock);
  const trace::Wake wake = trace::waking(kind, address, whom_of(kind));
  const waits::ContentionCharge charge = waits::charge_waiters(address);
  const int error = next(lock);
  if (error != 0) return error;
  const arch::CleanState clean;
  trace::woke(wake, caller);
  mutex::unlocked(kind, charge, caller);
  return error;
}

// Gives what the function gives; errno is the function's.
template <auto& next, waits::Kind kind, typename Object, typename... Arguments>
NOINLINE int waiting(Object object, Arguments... arguments) {
  const Caller caller = CALLER_OF_THIS_FUNCTION();
  // A thread's handle is a number.
  waits::Wait wait(kind, (const void*)object, caller, next.address());
  const int result = next(object, arguments...);
  int error = kind == waits::Kind::kSemaphore && result != 0 ? errno : result;
  if (kind == waits::Kind::kBarrier && error == PTHREAD_BARRIER_SERIAL_THREAD) error = 0;
  const arch::CleanState clean;
  const uint64_t ns = wait.over(is_let_in(error));
  wall::waited(wait, ns);
  trace::waited(wait, outcome_of(error));
  if (is_end_of_wait(error) || error == EINTR) block::waited(wait, ns);
  return result;
}

// Lets waiters of `object` go on: one of them, or all.
template <auto& next, waits::Kind kind, trace::Whom whom, typename Object>
NOINLINE int waking(Object* object) {
  const Caller caller = CALLER_OF_THIS_FUNCTION();
  const trace::Wake wake = trace::waking(kind, object, whom);
  const int result = next(object);
  const arch::CleanState clean;
  trace::woke(wake, caller);
  return result;
}

// A wait for a condition releases its mutex.
template <typename Mutex>
void releasing(Mutex* m, const Caller& caller) {
  const arch::CleanState clean;
  trace::Wake release;
  if (waits::may_wait_for(m)) {
    release = trace::waking(waits::Kind::kMutex, m, trace::Whom::kAll);
    mutex::unlocked(waits::Kind::kMutex, waits::charge_waiters(m), caller);
  }
  trace::woke(release, caller);
}

template <auto& next, typename Condition, typename Mutex, typename... Arguments>
NOINLINE int waiting_for_condition(Condition* c, Mutex* m, Arguments... arguments) {
  const Caller caller = CALLER_OF_THIS_FUNCTION();
  releasing(m, caller);
  waits::Wait wait(waits::Kind::kCondition, c, caller, next.address());
  const int error = next(c, m, arguments...);
  const arch::CleanState clean;
  const uint64_t ns = wait.over(is_let_in(error));
  wall::waited(wait, ns);
  trace::waited(wait, outcome_of(error));
  if (is_end_of_wait(error)) block::waited(wait, ns);
  return error;
}
