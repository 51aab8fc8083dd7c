// Reader-writer locks, as interpose_mutex.cc does it. A lock that readers hold is released by the
// last of them.
#include <errno.h>
#include <pthread.h>

#include "collectors/block.h"
#include "collectors/mutex.h"
#include "env/safe/real.h"
#include "preload/next.h"

namespace {

using waits::Kind;
using RwLock = pthread_rwlock_t;
using Time = const struct timespec;

void settle();
NEXT_FUNCTION(int, rdlock, (RwLock * l), (l))
NEXT_FUNCTION(int, timedrdlock, (RwLock * l, Time* t), (l, t))
NEXT_FUNCTION(int, clockrdlock, (RwLock * l, clockid_t c, Time* t), (l, c, t))
NEXT_FUNCTION(int, wrlock, (RwLock * l), (l))
NEXT_FUNCTION(int, timedwrlock, (RwLock * l, Time* t), (l, t))
NEXT_FUNCTION(int, clockwrlock, (RwLock * l, clockid_t c, Time* t), (l, c, t))
NEXT_FUNCTION(int, unlock, (RwLock * l), (l))

void settle() {
  real::resolve();
  next_rdlock = real::pthread_rwlock_rdlock;
  next_timedrdlock = real::pthread_rwlock_timedrdlock;
  next_clockrdlock = real::pthread_rwlock_clockrdlock;
  next_wrlock = real::pthread_rwlock_wrlock;
  next_timedwrlock = real::pthread_rwlock_timedwrlock;
  next_clockwrlock = real::pthread_rwlock_clockwrlock;
  next_unlock = real::pthread_rwlock_unlock;
}

// glibc's word: the readers' number above three flags.
constexpr unsigned kWritePhase = 1, kWriteLocked = 2, kReaders = ~7u;

// A writer has it; or waits for it, where writers come first.
bool readers_wait(const RwLock* l) {
  const unsigned word = l->__data.__readers;
  return UNLIKELY(
      (word & kWriteLocked) != 0 &&
      ((word & kWritePhase) != 0 || l->__data.__flags != PTHREAD_RWLOCK_PREFER_READER_NP));
}

bool writers_wait(const RwLock* l) {
  return UNLIKELY((l->__data.__readers & (kWriteLocked | kReaders)) != 0);
}

// A writer's release, or the last reader's.
bool is_last(const RwLock* l) {
  const unsigned word = l->__data.__readers;
  return (word & kWritePhase) != 0 || (word & kReaders) == 8;
}

template <auto& next, Kind kind, typename... Arguments>
NOINLINE int contended(RwLock* l, Arguments... arguments) {
  const Caller caller = CALLER_OF_THIS_FUNCTION();
  waits::Wait wait(kind, l, caller);
  const int error = next(l, arguments...);
  const uint64_t ns = wait.over();
  if (error == 0 || error == ETIMEDOUT) block::waited(wait, ns);
  return error;
}

NOINLINE int contended_unlock(RwLock* l) {
  const Caller caller = CALLER_OF_THIS_FUNCTION();
  const bool wrote = (l->__data.__readers & kWritePhase) != 0;
  const waits::Debt debt = waits::take_debt(l);
  const int error = next_unlock(l);
  if (error == 0) mutex::unlocked(wrote ? Kind::kWriteLock : Kind::kReadLock, debt, caller);
  return error;
}

}  // namespace

extern "C" {

EXPORT int pthread_rwlock_rdlock(RwLock* l) noexcept {
  if (!readers_wait(l) || !waits::are_followed()) return next_rdlock(l);
  return contended<next_rdlock, Kind::kReadLock>(l);
}
EXPORT int pthread_rwlock_timedrdlock(RwLock* l, Time* until) noexcept {
  if (!readers_wait(l) || !waits::are_followed()) return next_timedrdlock(l, until);
  return contended<next_timedrdlock, Kind::kReadLock>(l, until);
}
EXPORT int pthread_rwlock_clockrdlock(RwLock* l, clockid_t clock, Time* until) noexcept {
  if (!readers_wait(l) || !waits::are_followed()) return next_clockrdlock(l, clock, until);
  return contended<next_clockrdlock, Kind::kReadLock>(l, clock, until);
}
EXPORT int pthread_rwlock_wrlock(RwLock* l) noexcept {
  if (!writers_wait(l) || !waits::are_followed()) return next_wrlock(l);
  return contended<next_wrlock, Kind::kWriteLock>(l);
}
EXPORT int pthread_rwlock_timedwrlock(RwLock* l, Time* until) noexcept {
  if (!writers_wait(l) || !waits::are_followed()) return next_timedwrlock(l, until);
  return contended<next_timedwrlock, Kind::kWriteLock>(l, until);
}
EXPORT int pthread_rwlock_clockwrlock(RwLock* l, clockid_t clock, Time* until) noexcept {
  if (!writers_wait(l) || !waits::are_followed()) return next_clockwrlock(l, clock, until);
  return contended<next_clockwrlock, Kind::kWriteLock>(l, clock, until);
}
EXPORT int pthread_rwlock_unlock(RwLock* l) noexcept {
  if (LIKELY(!waits::may_wait_for(l)) || !is_last(l)) return next_unlock(l);
  return contended_unlock(l);
}

}  // extern "C"
