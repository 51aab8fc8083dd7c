// The older calls for signals, which libc makes of its own sigaction and sigprocmask without asking
// us. A host that names our signal alone has a use for it: it is the host's from here on, and libc
// does the rest. (sigvec can be linked no more.)
#include <signal.h>

#include "collectors/timers/tick_signal.h"
#include "env/sys/compiler/attributes.h"
#include "env/sys/real.h"
#include "preload/hooks/interpose_sigmask.h"
#include "preload/hooks/interpose_signal.h"
#include "preload/hooks/next.h"
#include "preload/linkage/symbol_lookup.h"

namespace {

using Handler = void (*)(int);

void settle();
NEXT_FUNCTION(int, sighold, (int n), (n))
NEXT_FUNCTION(int, sigrelse, (int n), (n))
NEXT_FUNCTION(int, sigignore, (int n), (n))
NEXT_FUNCTION(int, siginterrupt, (int n, int on), (n, on))
NEXT_FUNCTION(Handler, sigset, (int n, Handler h), (n, h))
NEXT_FUNCTION(Handler, bsd_signal, (int n, Handler h), (n, h))
NEXT_FUNCTION(Handler, ssignal, (int n, Handler h), (n, h))
NEXT_FUNCTION(Handler, sysv_signal, (int n, Handler h), (n, h))

template <typename Function>
COLD void find(Next<Function>& next, const char* name) {
  next = reinterpret_cast<Function*>(const_cast<void*>(symbol_lookup::next(name)));
}

COLD void settle() {
  find(next_sighold, "sighold");
  find(next_sigrelse, "sigrelse");
  find(next_sigignore, "sigignore");
  find(next_siginterrupt, "siginterrupt");
  find(next_sigset, "sigset");
  find(next_bsd_signal, "bsd_signal");
  find(next_ssignal, "ssignal");
  find(next_sysv_signal, "sysv_signal");
}

void yield(int number) {
  interpose_signal::yield(number);
}

// A signal that has only its action from us is blocked as the host asks.
void yield_mask(int number) {
  real::resolve();
  if (number != 0 && number == tick_signal::held()) interpose_signal::yield(number);
}

// Words of 32 signals: they set, or leave, the others too.
int change_word(int how, int mask) {
  sigset_t set, old;
  sigemptyset(&set);
  sigemptyset(&old);
  set.__val[0] = static_cast<unsigned>(mask);
  return interpose_sigmask::change(how, &set, &old) == 0 ? static_cast<int>(old.__val[0]) : -1;
}

}  // namespace

extern "C" {

EXPORT int sigblock(int mask) noexcept {
  return change_word(SIG_BLOCK, mask);
}
EXPORT int sigsetmask(int mask) noexcept {
  return change_word(SIG_SETMASK, mask);
}
EXPORT int siggetmask() noexcept {
  return change_word(SIG_BLOCK, 0);
}

EXPORT int sighold(int number) noexcept {
  yield_mask(number);
  return next_sighold(number);
}
EXPORT int sigrelse(int number) noexcept {
  yield_mask(number);
  return next_sigrelse(number);
}
EXPORT int sigignore(int number) noexcept {
  yield(number);
  return next_sigignore(number);
}
EXPORT int siginterrupt(int number, int on) noexcept {
  yield(number);
  return next_siginterrupt(number, on);
}
EXPORT Handler sigset(int number, Handler handler) noexcept {
  yield(number);
  return next_sigset(number, handler);
}
EXPORT Handler bsd_signal(int number, Handler handler) noexcept {
  yield(number);
  return next_bsd_signal(number, handler);
}
EXPORT Handler ssignal(int number, Handler handler) noexcept {
  yield(number);
  return next_ssignal(number, handler);
}
EXPORT Handler sysv_signal(int number, Handler handler) noexcept {
  yield(number);
  return next_sysv_signal(number, handler);
}
EXPORT Handler __sysv_signal(int number, Handler handler) noexcept {
  yield(number);
  return next_sysv_signal(number, handler);
}

}  // extern "C"
