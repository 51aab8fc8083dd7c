// Mutexes and spin locks. A lock that is free when it is looked at is a jump; so is the release of
// one without waiters. Between the look and the jump another thread may take the lock; such a wait
// is not seen. Trying the lock first would see it, and would change which thread gets it.
#include <pthread.h>

#include "env/sys/real.h"
#include "preload/hooks/interpose_waits.h"
#include "preload/hooks/mutex_word.h"
#include "preload/hooks/waiting.h"

namespace {

using waits::Kind;
using Mutex = pthread_mutex_t;
using Time = const struct timespec;

void settle();
NEXT_FUNCTION(int, mutex_lock, (Mutex * m), (m))
NEXT_FUNCTION(int, mutex_timedlock, (Mutex * m, Time* t), (m, t))
NEXT_FUNCTION(int, mutex_clocklock, (Mutex * m, clockid_t c, Time* t), (m, c, t))
NEXT_FUNCTION(int, mutex_unlock, (Mutex * m), (m))
NEXT_FUNCTION(int, spin_lock, (pthread_spinlock_t * s), (s))
NEXT_FUNCTION(int, spin_unlock, (pthread_spinlock_t * s), (s))

void settle() {
  real::resolve();
  next_mutex_lock = real::pthread_mutex_lock;
  next_mutex_timedlock = real::pthread_mutex_timedlock;
  next_mutex_clocklock = real::pthread_mutex_clocklock;
  next_mutex_unlock = real::pthread_mutex_unlock;
  next_spin_lock = real::pthread_spin_lock;
  next_spin_unlock = real::pthread_spin_unlock;
}

// glibc: 1 is free, less is held; each that waits takes one more off.
bool is_free(const pthread_spinlock_t* s) {
  return *s == 1;
}

}  // namespace

extern "C" {

EXPORT int pthread_mutex_lock(Mutex* m) noexcept {
  if (LIKELY(is_free(m)) || !waits::are_followed() || is_mine(m)) return next_mutex_lock(m);
  return contended_lock<next_mutex_lock, Kind::kMutex>(m);
}

EXPORT int pthread_mutex_timedlock(Mutex* m, Time* until) noexcept {
  if (LIKELY(is_free(m)) || !waits::are_followed() || is_mine(m)) {
    return next_mutex_timedlock(m, until);
  }
  return contended_lock<next_mutex_timedlock, Kind::kMutex>(m, until);
}

EXPORT int pthread_mutex_clocklock(Mutex* m, clockid_t clock, Time* until) noexcept {
  if (LIKELY(is_free(m)) || !waits::are_followed() || is_mine(m)) {
    return next_mutex_clocklock(m, clock, until);
  }
  return contended_lock<next_mutex_clocklock, Kind::kMutex>(m, clock, until);
}

EXPORT int pthread_mutex_unlock(Mutex* m) noexcept {
  if (LIKELY(!waits::may_wait_for(m)) || !releases(m)) return next_mutex_unlock(m);
  return contended_unlock<next_mutex_unlock, Kind::kMutex>(m);
}

EXPORT int pthread_spin_lock(pthread_spinlock_t* s) noexcept {
  if (LIKELY(is_free(s)) || !waits::are_followed()) return next_spin_lock(s);
  return contended_lock<next_spin_lock, Kind::kSpin>(s);
}

EXPORT int pthread_spin_unlock(pthread_spinlock_t* s) noexcept {
  if (LIKELY(!waits::may_wait_for(address_of_lock(s)))) return next_spin_unlock(s);
  return contended_unlock<next_spin_unlock, Kind::kSpin>(s);
}

}  // extern "C"

void interpose_waits::settle_mutexes() {
  settle();
}
