// Ends that skip destructors: the files are written before the real call.
#include <stdlib.h>
#include <unistd.h>

#include "env/safe/attributes.h"
#include "env/safe/real.h"
#include "preload/recorder.h"

extern "C" {

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
  recorder::process_ending();
  real::quick_exit(status);
  __builtin_unreachable();
}

}  // extern "C"
