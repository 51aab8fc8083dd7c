// A signal that we use, and ITIMER_PROF, are the host's as soon as it asks for them; until then it
// reads back what it would have read without us.
#include <signal.h>
#include <sys/time.h>

#include "collectors/core/tick_signal.h"
#include "collectors/core/ticks.h"
#include "env/safe/attributes.h"
#include "env/safe/real.h"
#include "preload/agent_signals.h"

namespace {

bool is_default(const struct sigaction& action) {
  return (action.sa_flags & SA_SIGINFO) == 0 && action.sa_handler == SIG_DFL;
}

}  // namespace

extern "C" {

EXPORT int sigaction(int number, const struct sigaction* action, struct sigaction* old) noexcept {
  real::resolve();
  const bool asks = agent_signals::is_held(number);
  if (!asks && (number == 0 || number != tick_signal::held())) {
    return real::sigaction(number, action, old);
  }
  // Ours stays where the host only looks, or asks for the default that it believes to have: a tick
  // on its way must not meet it.
  const bool stays = action == nullptr || is_default(*action);
  struct sigaction* seen =
      asks ? agent_signals::action_of_host(number) : tick_signal::action_of_host();
  if (!stays && asks) agent_signals::yield(number);
  if (!stays && !asks) ticks::yield_signal();
  if (!stays) {
    const struct sigaction before = *seen;
    const int result = real::sigaction(number, action, old);
    if (asks && result == 0 && old != nullptr) *old = before;
    return result;
  }
  if (old != nullptr) *old = *seen;
  if (action != nullptr) *seen = *action;
  return 0;
}

EXPORT sighandler_t signal(int number, sighandler_t handler) noexcept {
  real::resolve();
  if (agent_signals::is_held(number)) {
    const sighandler_t before = agent_signals::action_of_host(number)->sa_handler;
    if (handler == SIG_DFL) return before;
    agent_signals::yield(number);
    return real::signal(number, handler) == SIG_ERR ? SIG_ERR : before;
  }
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
