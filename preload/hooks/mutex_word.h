// What glibc's mutex tells of itself. C11's mtx_t is one.
#pragma once

#include <pthread.h>

#include "collectors/threads/threads.h"
#include "env/sys/thread_state.h"

// Not by the lock's word: a load from where an atomic operation has just written takes 3.5 ns, a
// third of a lock. glibc notes the holder right after it has the lock, and forgets it right before
// it gives it up; what falls between is taken for free.
inline bool is_free(const pthread_mutex_t* m) {
  return m->__data.__owner == 0;
}

constexpr int kMutexTypeMask = 3;  // of __kind

// Locking it again is no wait: a recursive one counts, an error-checking one refuses.
inline bool is_mine(const pthread_mutex_t* m) {
  const int type = m->__data.__kind & kMutexTypeMask;
  if (type != PTHREAD_MUTEX_RECURSIVE && type != PTHREAD_MUTEX_ERRORCHECK) return false;
  const Thread* thread = thread_state.thread;
  return thread != nullptr && m->__data.__owner == thread->tid.load(std::memory_order_relaxed);
}

inline bool releases(const pthread_mutex_t* m) {
  return (m->__data.__kind & kMutexTypeMask) != PTHREAD_MUTEX_RECURSIVE || m->__data.__count == 1;
}
