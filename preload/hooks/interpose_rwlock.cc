// Reader-writer locks, as interpose_mutex.cc does it. A lock that readers hold is released by the
// last of them.
#include <pthread.h>

#include "env/sys/real.h"
#include "preload/hooks/interpose_waits.h"
#include "preload/hooks/waiting.h"

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

bool a_writer_has(const RwLock* l) {
  return (l->__data.__readers & kWritePhase) != 0;
}

bool one_reader_has(const RwLock* l) {
  return (l->__data.__readers & kReaders) == 8;
}

}  // namespace

extern "C" {

EXPORT int pthread_rwlock_rdlock(RwLock* l) noexcept {
  if (!readers_wait(l) || !waits::are_followed()) return next_rdlock(l);
  return contended_lock<next_rdlock, Kind::kReadLock>(l);
}
EXPORT int pthread_rwlock_timedrdlock(RwLock* l, Time* until) noexcept {
  if (!readers_wait(l) || !waits::are_followed()) return next_timedrdlock(l, until);
  return contended_lock<next_timedrdlock, Kind::kReadLock>(l, until);
}
EXPORT int pthread_rwlock_clockrdlock(RwLock* l, clockid_t clock, Time* until) noexcept {
  if (!readers_wait(l) || !waits::are_followed()) return next_clockrdlock(l, clock, until);
  return contended_lock<next_clockrdlock, Kind::kReadLock>(l, clock, until);
}
EXPORT int pthread_rwlock_wrlock(RwLock* l) noexcept {
  if (!writers_wait(l) || !waits::are_followed()) return next_wrlock(l);
  return contended_lock<next_wrlock, Kind::kWriteLock>(l);
}
EXPORT int pthread_rwlock_timedwrlock(RwLock* l, Time* until) noexcept {
  if (!writers_wait(l) || !waits::are_followed()) return next_timedwrlock(l, until);
  return contended_lock<next_timedwrlock, Kind::kWriteLock>(l, until);
}
EXPORT int pthread_rwlock_clockwrlock(RwLock* l, clockid_t clock, Time* until) noexcept {
  if (!writers_wait(l) || !waits::are_followed()) return next_clockwrlock(l, clock, until);
  return contended_lock<next_clockwrlock, Kind::kWriteLock>(l, clock, until);
}
EXPORT int pthread_rwlock_unlock(RwLock* l) noexcept {
  if (LIKELY(!waits::may_wait_for(l))) return next_unlock(l);
  if (a_writer_has(l)) return contended_unlock<next_unlock, Kind::kWriteLock>(l);
  // Of readers the last lets others in.
  if (one_reader_has(l)) return contended_unlock<next_unlock, Kind::kReadLock>(l);
  // Two that leave at once each see the other.
  if (!wakeups::are_followed()) return next_unlock(l);
  return waking<next_unlock, Kind::kReadLock, trace::Whom::kWriters>(l);
}

}  // extern "C"

void interpose_waits::settle_rwlocks() {
  settle();
}
