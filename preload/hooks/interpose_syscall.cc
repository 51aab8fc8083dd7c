// libc's syscall(): libseccomp's way to a filter, a way to end, to execute and to set signals'
// actions, and the way to the kernel's futexes for programs that make locks of their own (Rust's
// std, abseil, folly, libstdc++'s atomic wait).
//
// Every other call is a tail jump with its stack untouched, also the word that comes on it: a host
// may make children this way that return on its own stack.
#include <errno.h>
#include <limits.h>
#include <linux/futex.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "collectors/block.h"
#include "collectors/mutex.h"
#include "collectors/trace.h"
#include "collectors/wall.h"
#include "env/sys/arch.h"
#include "env/sys/compiler/attributes.h"
#include "env/sys/real.h"
#include "preload/hooks/interpose_prctl.h"
#include "preload/hooks/interpose_signal.h"
#include "preload/recorder/recorder.h"

namespace {

bool is_unusual(long number) {
  return number == SYS_seccomp || number == SYS_prctl || number == SYS_exit_group ||
         number == SYS_execve || number == SYS_execveat || number == SYS_rt_sigaction;
}

COLD NOINLINE long unusual(long number, long a, long b, long c, long d, long e, long f) {
  using Strings = char* const*;
  real::resolve();
  switch (number) {
    case SYS_seccomp:
      recorder::sandbox_coming("installed a seccomp filter");
      break;
    case SYS_prctl:
      return interpose_prctl::call(static_cast<int>(a), static_cast<unsigned long>(b),
                                   static_cast<unsigned long>(c), static_cast<unsigned long>(d),
                                   static_cast<unsigned long>(e));
    case SYS_exit_group:
      recorder::process_ending();
      break;
    case SYS_execve:
      return execve(reinterpret_cast<const char*>(a), reinterpret_cast<Strings>(b),
                    reinterpret_cast<Strings>(c));
    case SYS_execveat:
      return execveat(static_cast<int>(a), reinterpret_cast<const char*>(b),
                      reinterpret_cast<Strings>(c), reinterpret_cast<Strings>(d),
                      static_cast<int>(e));
    case SYS_rt_sigaction:
      return interpose_signal::by_system_call(static_cast<int>(a), reinterpret_cast<const void*>(b),
                                              reinterpret_cast<void*>(c), static_cast<size_t>(d));
    default:
      break;
  }
  return real::syscall(number, a, b, c, d, e, f);
}

NOINLINE long futex_wait(long a, long b, long c, long d, long e, long f) {
  const Caller caller = CALLER_OF_THIS_FUNCTION();
  waits::Wait wait(waits::Kind::kFutex, reinterpret_cast<const void*>(a), caller,
                   reinterpret_cast<const void*>(real::syscall));
  const long result = real::syscall(SYS_futex, a, b, c, d, e, f);
  const arch::CleanState clean;
  const uint64_t ns = wait.over(result == 0);
  wall::waited(wait, ns);
  trace::waited(wait, result == 0          ? trace::Outcome::kLetIn
                      : errno == ETIMEDOUT ? trace::Outcome::kTimedOut
                                           : trace::Outcome::kFailed);
  // EAGAIN: the word had changed, there was no wait.
  if (result == 0 || errno == ETIMEDOUT || errno == EINTR) block::waited(wait, ns);
  return result;
}

// It names no number of waiters: the owner of the lock gives it to one.
bool is_priority_unlock(long operation) {
  return (operation & FUTEX_CMD_MASK) == FUTEX_UNLOCK_PI;
}

// The waking thread is charged for all waiters.
NOINLINE long futex_wake(long a, long b, long c, long d, long e, long f) {
  const Caller caller = CALLER_OF_THIS_FUNCTION();
  const auto* const word = reinterpret_cast<const void*>(a);
  // How many the kernel may wake: an int.
  const unsigned most = c < 0 || c > INT_MAX ? INT_MAX : static_cast<unsigned>(c);
  const trace::Wake wake = trace::waking(waits::Kind::kFutex, word, trace::Whom::kOne, most);
  const waits::ContentionCharge charge = waits::charge_waiters(word);
  const long result = real::syscall(SYS_futex, a, b, c, d, e, f);
  const arch::CleanState clean;
  trace::woke(wake, caller, result > 0 ? static_cast<unsigned>(result) : 0);
  const bool gave = result > 0 || (result == 0 && is_priority_unlock(b));
  if (gave) mutex::unlocked(waits::Kind::kFutex, charge, caller);
  return result;
}

NOINLINE long futex(long a, long b, long c, long d, long e, long f) {
  switch (b & FUTEX_CMD_MASK) {
    case FUTEX_WAIT:
    case FUTEX_WAIT_BITSET:
    case FUTEX_LOCK_PI:
    case FUTEX_LOCK_PI2:
    case FUTEX_WAIT_REQUEUE_PI:
      return futex_wait(a, b, c, d, e, f);
    case FUTEX_WAKE:
    case FUTEX_WAKE_BITSET:
    case FUTEX_WAKE_OP:
    case FUTEX_UNLOCK_PI:
      return futex_wake(a, b, c, d, e, f);
    default:
      return real::syscall(SYS_futex, a, b, c, d, e, f);
  }
}

}  // namespace

// Variadic in libc; six words, whatever the call. Under another name here, since libc's header
// declares it.
extern "C" EXPORT long syscall_of_words(long number, long a, long b, long c, long d, long e,
                                        long f) noexcept __asm__("syscall");

long syscall_of_words(long number, long a, long b, long c, long d, long e, long f) noexcept {
  if (UNLIKELY(is_unusual(number) || real::syscall == nullptr)) {
    return unusual(number, a, b, c, d, e, f);
  }
  if (number == SYS_futex && waits::are_followed()) return futex(a, b, c, d, e, f);
  return real::syscall(number, a, b, c, d, e, f);
}
