// A signal that we use, and ITIMER_PROF, are the host's as soon as it asks for them; until then it
// reads back what it would have read without us.
#include <signal.h>
#include <sys/time.h>

#include "collectors/core/tick_signal.h"
#include "collectors/core/ticks.h"
#include "env/safe/attributes.h"
#include "env/safe/real.h"

namespace {

bool is_default(const struct sigaction& action) {
  return (action.sa_flags & SA_SIGINFO) == 0 && action.sa_handler == SIG_DFL;
}

}  // namespace

extern "C" {

EXPORT int sigaction(int number, const struct sigaction* action, struct sigaction* old) noexcept {
  real::resolve();
  if (number == 0 || number != tick_signal::held()) return real::sigaction(number, action, old);
  // Ours stays where the host only looks, or asks for the default that it believes to have: a tick
  // on its way must not meet it.
  const bool stays = action == nullptr || is_default(*action);
  if (!stays) ticks::yield_signal();
  if (!stays) return real::sigaction(number, action, old);
  struct sigaction* seen = tick_signal::action_of_host();
  if (old != nullptr) *old = *seen;
  if (action != nullptr) *seen = *action;
  return 0;
}

EXPORT sighandler_t signal(int number, sighandler_t handler) noexcept {
  real::resolve();
  if (number == 0 || number != tick_signal::held()) return real::signal(number, handler);
  if (handler == SIG_DFL) return tick_signal::action_of_host()->sa_handler;
  ticks::yield_signal();
  return real::signal(number, handler);
}

EXPORT int setitimer(__itimer_which_t which, const struct itimerval* value,
                     struct itimerval* old) noexcept {
  real::resolve();
  if (which != ITIMER_PROF || !ticks::holds_process_timer()) {
    return real::setitimer(which, value, old);
  }
  const bool stops =
      value != nullptr && value->it_value.tv_sec == 0 && value->it_value.tv_usec == 0;
  if (!stops) ticks::yield_signal();
  if (!stops) return real::setitimer(which, value, old);
  if (old != nullptr) *old = {};
  return 0;
}

EXPORT int getitimer(__itimer_which_t which, struct itimerval* value) noexcept {
  real::resolve();
  if (which != ITIMER_PROF || !ticks::holds_process_timer()) return real::getitimer(which, value);
  *value = {};
  return 0;
}

}  // extern "C"
