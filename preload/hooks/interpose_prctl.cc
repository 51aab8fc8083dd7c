#include "preload/hooks/interpose_prctl.h"

#include <linux/prctl.h>

#include "collectors/life/thread.h"
#include "env/sys/arch.h"
#include "env/sys/clock.h"
#include "env/sys/compiler/attributes.h"
#include "env/sys/real.h"
#include "preload/recorder/recorder.h"

// Linux 5.11.
#ifndef PR_SET_SYSCALL_USER_DISPATCH
#define PR_SET_SYSCALL_USER_DISPATCH 59
#endif

namespace {

void coming(int operation, unsigned long a) {
  switch (operation) {
    case PR_SET_SECCOMP:
      return recorder::sandbox_coming("installed a seccomp filter");
    case PR_SET_SYSCALL_USER_DISPATCH:
      // Each system call outside the range that the program names comes back to it as SIGSYS.
      if (a != 0) recorder::sandbox_coming("dispatches its system calls itself");
      return;
    case PR_SET_TSC:
      if (a == PR_TSC_SIGSEGV) clock_source::avoid_counter();
      return;
    default:
      return;
  }
}

}  // namespace

namespace interpose_prctl {

int call(int operation, unsigned long a, unsigned long b, unsigned long c, unsigned long d) {
  real::resolve();
  coming(operation, a);
  const int result = real::prctl(operation, a, b, c, d);
  if (operation == PR_SET_NAME && result == 0 && threads::are_tracked()) {
    const arch::CleanState clean;
    threads::named(reinterpret_cast<const char*>(a));
  }
  return result;
}

}  // namespace interpose_prctl

// Variadic in libc; the kernel takes five words whatever the operation.
extern "C" EXPORT int prctl(int operation, unsigned long a, unsigned long b, unsigned long c,
                            unsigned long d) noexcept {
  return interpose_prctl::call(operation, a, b, c, d);
}
