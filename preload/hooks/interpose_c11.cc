// The calls of C11's <threads.h> that wait. Inside libc they are those of pthreads, which it calls
// without asking us.
#include <threads.h>

#include "env/sys/real.h"
#include "preload/hooks/interpose_waits.h"
#include "preload/hooks/mutex_word.h"
#include "preload/hooks/waiting.h"

namespace {

using waits::Kind;
using Time = const struct timespec;

void settle();
NEXT_FUNCTION(int, mtx_lock, (mtx_t * m), (m))
NEXT_FUNCTION(int, mtx_timedlock, (mtx_t * m, Time* t), (m, t))
NEXT_FUNCTION(int, mtx_unlock, (mtx_t * m), (m))
NEXT_FUNCTION(int, cnd_wait, (cnd_t * c, mtx_t* m), (c, m))
NEXT_FUNCTION(int, cnd_timedwait, (cnd_t * c, mtx_t* m, Time* t), (c, m, t))
NEXT_FUNCTION(int, cnd_signal, (cnd_t * c), (c))
NEXT_FUNCTION(int, cnd_broadcast, (cnd_t * c), (c))
NEXT_FUNCTION(int, thrd_join, (thrd_t t, int* r), (t, r))

void settle() {
  real::resolve();
  next_mtx_lock = real::mtx_lock;
  next_mtx_timedlock = real::mtx_timedlock;
  next_mtx_unlock = real::mtx_unlock;
  next_cnd_wait = real::cnd_wait;
  next_cnd_timedwait = real::cnd_timedwait;
  next_cnd_signal = real::cnd_signal;
  next_cnd_broadcast = real::cnd_broadcast;
  next_thrd_join = real::thrd_join;
}

const pthread_mutex_t* word_of(const mtx_t* m) {
  return reinterpret_cast<const pthread_mutex_t*>(m);
}

}  // namespace

extern "C" {

EXPORT int mtx_lock(mtx_t* m) {
  if (LIKELY(is_free(word_of(m))) || !waits::are_followed() || is_mine(word_of(m))) {
    return next_mtx_lock(m);
  }
  return contended_lock<next_mtx_lock, Kind::kMutex>(m);
}
EXPORT int mtx_timedlock(mtx_t* m, Time* until) {
  if (LIKELY(is_free(word_of(m))) || !waits::are_followed() || is_mine(word_of(m))) {
    return next_mtx_timedlock(m, until);
  }
  return contended_lock<next_mtx_timedlock, Kind::kMutex>(m, until);
}
EXPORT int mtx_unlock(mtx_t* m) {
  if (LIKELY(!waits::may_wait_for(m)) || !releases(word_of(m))) return next_mtx_unlock(m);
  return contended_unlock<next_mtx_unlock, Kind::kMutex>(m);
}
EXPORT int cnd_wait(cnd_t* c, mtx_t* m) {
  if (!waits::are_followed()) return next_cnd_wait(c, m);
  return waiting_for_condition<next_cnd_wait>(c, m);
}
EXPORT int cnd_timedwait(cnd_t* c, mtx_t* m, Time* until) {
  if (!waits::are_followed()) return next_cnd_timedwait(c, m, until);
  return waiting_for_condition<next_cnd_timedwait>(c, m, until);
}
EXPORT int cnd_signal(cnd_t* c) {
  if (LIKELY(!waits::may_wait_for(c))) return next_cnd_signal(c);
  return waking<next_cnd_signal, Kind::kCondition, trace::Whom::kOne>(c);
}
EXPORT int cnd_broadcast(cnd_t* c) {
  if (LIKELY(!waits::may_wait_for(c))) return next_cnd_broadcast(c);
  return waking<next_cnd_broadcast, Kind::kCondition, trace::Whom::kAll>(c);
}
EXPORT int thrd_join(thrd_t thread, int* result) {
  if (!waits::are_followed()) return next_thrd_join(thread, result);
  return waiting<next_thrd_join, Kind::kJoin>(thread, result);
}

}  // extern "C"

void interpose_waits::settle_c11() {
  settle();
}
