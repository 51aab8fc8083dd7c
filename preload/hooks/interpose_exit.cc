// Ends that skip destructors: the files are written before the real call.
#include <errno.h>
#include <stdlib.h>
#include <unistd.h>

#include "env/sys/compiler/attributes.h"
#include "env/sys/real.h"
#include "preload/recorder/recorder.h"

extern "C" {

// Where two threads end the process libc lets the second one pass the first, which may be writing.
EXPORT void exit(int status) noexcept {
  real::resolve();
  recorder::exiting();
  real::exit(status);
  __builtin_unreachable();
}

EXPORT void _exit(int status) {
  real::resolve();
  recorder::process_ending();
  real::_exit(status);
  __builtin_unreachable();
}

EXPORT void _Exit(int status) noexcept {
  real::resolve();
  recorder::process_ending();
  real::_Exit(status);
  __builtin_unreachable();
}

// The at_quick_exit handlers of the host run inside the real call: what they do is not recorded.
EXPORT void quick_exit(int status) noexcept {
  real::resolve();
  recorder::quick_exiting();
  real::quick_exit(status);
  __builtin_unreachable();
}

// The parent ends inside the real call, past the names above; the child has a recording of its own.
EXPORT int daemon(int keep_directory, int keep_descriptors) noexcept {
  real::resolve();
  if (!recorder::parting()) return real::daemon(keep_directory, keep_descriptors);
  const int result = real::daemon(keep_directory, keep_descriptors);
  const int error = errno;
  recorder::parting_failed();
  errno = error;
  return result;
}

}  // extern "C"
