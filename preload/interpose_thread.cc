// Threads: each is known from its first moment to its last, and by its name.
#include <linux/prctl.h>
#include <pthread.h>

#include "collectors/core/threads.h"
#include "collectors/cpu.h"
#include "collectors/threadcreate.h"
#include "env/safe/attributes.h"
#include "env/safe/real.h"
#include "preload/recorder.h"

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

void ending(void* record) {
  Thread& thread = *static_cast<Thread*>(record);
  cpu::thread_ending(thread);
  waits::thread_ending(thread.waits);
  threads::end(thread);
}

// The first frame of every thread that the host makes. The cleanup runs for a return, pthread_exit
// and cancellation alike (glibc's own unwinding calls it; nothing of ours is thrown or caught).
void* run_thread(void* record) {
  Thread& thread = *static_cast<Thread*>(record);
  void* (*const routine)(void*) = thread.routine;
  void* const argument = thread.argument;
  threads::begin(thread, thread.stack_size);
  cpu::thread_began(thread);
  void* result;
  pthread_cleanup_push(ending, record);
  result = routine(argument);
  pthread_cleanup_pop(1);
  return result;
}

}  // namespace

extern "C" {

EXPORT int pthread_create(pthread_t* handle, const pthread_attr_t* attributes,
                          void* (*routine)(void*), void* argument) noexcept {
  const Caller caller = CALLER_OF_THIS_FUNCTION();
  real::resolve();
  Thread* thread = threads::are_tracked() ? threads::acquire() : nullptr;
  if (thread == nullptr) return real::pthread_create(handle, attributes, routine, argument);
  thread->routine = routine;
  thread->argument = argument;
  thread->stack_size = stack_size_of(attributes);
  const int error = real::pthread_create(handle, attributes, run_thread, thread);
  if (error != 0) {
    threads::release(*thread);
    threadcreate::failed();
  } else {
    threadcreate::created(caller);
  }
  return error;
}

EXPORT int pthread_setname_np(pthread_t handle, const char* name) noexcept {
  real::resolve();
  const int error = real::pthread_setname_np(handle, name);
  if (error == 0 && threads::are_tracked()) threads::named(handle, name);
  return error;
}

// Variadic in libc; the kernel takes five words whatever the operation.
EXPORT int prctl(int operation, unsigned long a, unsigned long b, unsigned long c,
                 unsigned long d) noexcept {
  real::resolve();
  if (operation == PR_SET_SECCOMP) recorder::sandbox_coming();
  const int result = real::prctl(operation, a, b, c, d);
  if (operation == PR_SET_NAME && result == 0 && threads::are_tracked()) {
    threads::named(reinterpret_cast<const char*>(a));
  }
  return result;
}

}  // extern "C"
