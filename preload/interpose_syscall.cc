// libc's syscall(): libseccomp's way to a filter.
//
// Every other call is a tail jump with its stack untouched, also the word that comes on it: a host
// may make children this way that return on its own stack.
#include <sys/syscall.h>

#include "env/safe/attributes.h"
#include "env/safe/real.h"
#include "preload/recorder.h"

namespace {

COLD NOINLINE long unusual(long number, long a, long b, long c, long d, long e, long f) {
  real::resolve();
  if (number == SYS_seccomp) recorder::sandbox_coming();
  return real::syscall(number, a, b, c, d, e, f);
}

}  // namespace

// Variadic in libc; six words, whatever the call. Under another name here, since libc's header
// declares it.
extern "C" EXPORT long syscall_of_words(long number, long a, long b, long c, long d, long e,
                                        long f) noexcept __asm__("syscall");

long syscall_of_words(long number, long a, long b, long c, long d, long e, long f) noexcept {
  if (UNLIKELY(number == SYS_seccomp || real::syscall == nullptr)) {
    return unusual(number, a, b, c, d, e, f);
  }
  return real::syscall(number, a, b, c, d, e, f);
}
