// Threads: each is known from its first moment to its last, and by its name.
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdarg.h>
#include <threads.h>

#include "collectors/cpu/raw_threads.h"
#include "collectors/life/thread.h"
#include "collectors/threadcreate.h"
#include "collectors/timers/tick_signal.h"
#include "collectors/trace.h"
#include "env/sys/arch.h"
#include "env/sys/compiler/attributes.h"
#include "env/sys/real.h"
#include "env/sys/thread_state.h"
#include "preload/hooks/interpose_thread.h"

namespace {

// Of the stack that the thread will get. glibc keeps the default in a variable that only
// pthread_attr_getstacksize shows without a lock.
uint64_t stack_size_of(const pthread_attr_t* attributes) {
  size_t size = 0;
  if (attributes != nullptr) {
    pthread_attr_getstacksize(attributes, &size);
    return size;
  }
  pthread_attr_t defaults;
  if (pthread_attr_init(&defaults) != 0) return 0;
  pthread_attr_getstacksize(&defaults, &size);
  pthread_attr_destroy(&defaults);
  return size;
}

// Of the ticks' signal, as the host will: a thread gets its maker's mask, or that of its
// attributes.
uint16_t belief_of(const pthread_attr_t* attributes) {
  sigset_t mask;
  const int number = tick_signal::held();
  if (attributes == nullptr || number == 0 || pthread_attr_getsigmask_np(attributes, &mask) != 0) {
    return thread_state.believes_blocked;
  }
  return static_cast<uint16_t>(sigismember(&mask, number) == 1 ? number : 0);
}

void beginning(Thread& thread) {
  const arch::CleanState clean;
  threads::begin(thread, thread.stack_size);
}

void ending(void* record) {
  const arch::CleanState clean;
  Thread& thread = *static_cast<Thread*>(record);
  threads::end(thread);
}

// The first frame of every thread that the host makes. The cleanup runs for a return, pthread_exit
// and cancellation alike (glibc's own unwinding calls it; nothing of ours is thrown or caught).
// C11's threads give a number; a pointer to any function goes there and back.
using AnyFunction = void (*)();

template <typename Result>
Result run_thread(void* record) {
  Thread& thread = *static_cast<Thread*>(record);
  auto* const routine =
      reinterpret_cast<Result (*)(void*)>(reinterpret_cast<AnyFunction>(thread.routine));
  void* const argument = thread.argument;
  beginning(thread);
  Result result;
  pthread_cleanup_push(ending, record);
  result = routine(argument);
  pthread_cleanup_pop(1);
  return result;
}

// A record for a thread that is to be made; null where none are kept.
Thread* record_for(void* (*routine)(void*), void* argument, const pthread_attr_t* attributes,
                   const Caller& caller) {
  const arch::CleanState clean;
  Thread* thread = threads::are_tracked() ? threads::acquire() : nullptr;
  if (thread == nullptr) return nullptr;
  thread->routine = routine;
  thread->argument = argument;
  thread->believes_blocked = belief_of(attributes);
  thread->stack_size = stack_size_of(attributes);
  labels::inherit(*thread);
  trace::making_thread(*thread, caller);
  return thread;
}

int creating_ended(int error, Thread* thread, const Caller& caller) {
  const arch::CleanState clean;
  if (error == 0) {
    threadcreate::created(caller);
  } else {
    threads::release(*thread);
    threadcreate::failed();
  }
  return error;
}

}  // namespace

extern "C" {

EXPORT int pthread_create(pthread_t* handle, const pthread_attr_t* attributes,
                          void* (*routine)(void*), void* argument) noexcept {
  const Caller caller = CALLER_OF_THIS_FUNCTION();
  real::resolve();
  Thread* thread = record_for(routine, argument, attributes, caller);
  if (thread == nullptr) return real::pthread_create(handle, attributes, routine, argument);
  const int error = real::pthread_create(handle, attributes, run_thread<void*>, thread);
  return creating_ended(error, thread, caller);
}
[[gnu::alias("pthread_create")]] decltype(own_pthread_create) own_pthread_create;

EXPORT int thrd_create(thrd_t* handle, thrd_start_t routine, void* argument) {
  const Caller caller = CALLER_OF_THIS_FUNCTION();
  real::resolve();
  Thread* thread =
      record_for(reinterpret_cast<void* (*)(void*)>(reinterpret_cast<AnyFunction>(routine)),
                 argument, nullptr, caller);
  if (thread == nullptr) return real::thrd_create(handle, routine, argument);
  const int error = real::thrd_create(handle, run_thread<int>, thread);
  return creating_ended(error, thread, caller);
}
[[gnu::alias("thrd_create")]] decltype(own_thrd_create) own_thrd_create;

// Of libc's own word, as variable as it likes: the kernel takes three more.
EXPORT int clone(int (*routine)(void*), void* stack, int flags, void* argument, ...) noexcept {
  va_list rest;
  va_start(rest, argument);
  void* const a = va_arg(rest, void*);
  void* const b = va_arg(rest, void*);
  void* const c = va_arg(rest, void*);
  va_end(rest);
  real::resolve();
  const int tid = real::clone(routine, stack, flags, argument, a, b, c);
  if (tid > 0 && (flags & CLONE_THREAD) != 0 && threads::are_tracked()) {
    const arch::CleanState clean;
    raw_threads::born(tid);
  }
  return tid;
}

EXPORT int pthread_setname_np(pthread_t handle, const char* name) noexcept {
  real::resolve();
  const int error = real::pthread_setname_np(handle, name);
  if (error == 0 && threads::are_tracked()) threads::named(handle, name);
  return error;
}

}  // extern "C"
