// A signal that we use, and ITIMER_PROF, are the host's as soon as it asks for them; until then it
// reads back what it would have read without us.
#include "preload/hooks/interpose_signal.h"

#include <signal.h>
#include <sys/syscall.h>
#include <sys/time.h>

#include "collectors/cpu/ticks.h"
#include "collectors/timers/tick_signal.h"
#include "collectors/unwind/stack_memory.h"
#include "env/sys/compiler/attributes.h"
#include "env/sys/real.h"
#include "preload/recorder/agent_signals.h"

namespace interpose_signal {

namespace {

bool is_ours(int number) {
  return agent_signals::is_held(number) || tick_signal::is_ours(number);
}

bool is_default(const struct sigaction& action) {
  return (action.sa_flags & SA_SIGINFO) == 0 && action.sa_handler == SIG_DFL;
}

// The host's action while ours is in its place.
struct sigaction* view_of(int number) {
  // Asked once: another thread may take the signal meanwhile.
  struct sigaction* of_request = agent_signals::action_of_host(number);
  return of_request != nullptr ? of_request : tick_signal::action_of_host(number);
}

// The kernel's form of an action.
struct KernelAction {
  sighandler_t handler;
  uint64_t flags;
  void (*restorer)();
  uint64_t mask;
};

KernelAction kernel_form(const struct sigaction& action) {
  return {action.sa_handler, static_cast<unsigned>(action.sa_flags), action.sa_restorer,
          action.sa_mask.__val[0]};
}

struct sigaction libc_form(const KernelAction& action) {
  struct sigaction form {};
  form.sa_handler = action.handler;
  form.sa_flags = static_cast<int>(action.flags);
  form.sa_restorer = action.restorer;
  form.sa_mask.__val[0] = action.mask;
  return form;
}

bool is_readable(const KernelAction* action) {
  const auto at = reinterpret_cast<uint64_t>(action);
  return StackMemory::is_readable(at) && StackMemory::is_readable(at + sizeof *action - 1);
}

}  // namespace

void yield(int number) {
  real::resolve();
  if (!is_ours(number) || !tick_signal::is_owner()) return;
  if (agent_signals::is_held(number)) return agent_signals::yield(number);
  ticks::yield_signal(number);
}

enum class Change { kNotOurs, kStays, kGiven };

// Ours stays where the host only looks, or asks for the default that it believes to have: a tick on
// its way must not meet it.
Change change(int number, const struct sigaction* action, struct sigaction* before) {
  if (!is_ours(number)) return Change::kNotOurs;
  const bool is_owner = tick_signal::is_owner();
  // Set past us: by a system call, or in a child that has actions of its own.
  const bool may_be_gone = action == nullptr || !is_owner;
  if (may_be_gone && tick_signal::is_ours(number) && !tick_signal::is_installed(number)) {
    return Change::kNotOurs;
  }
  struct sigaction* const view = view_of(number);
  const bool stays = action == nullptr || is_default(*action);
  *before = *view;
  if (stays && action != nullptr && is_owner) *view = *action;
  if (!stays) yield(number);
  return stays ? Change::kStays : Change::kGiven;
}

long by_system_call(int number, const void* action, void* old, size_t mask_size) {
  const auto ask = [=](const void* what) {
    return real::syscall(SYS_rt_sigaction, number, reinterpret_cast<long>(what),
                         reinterpret_cast<long>(old), static_cast<long>(mask_size), 0, 0);
  };
  const auto* const given = static_cast<const KernelAction*>(action);
  // What the kernel refuses, it refuses itself.
  if (mask_size != sizeof given->mask || (given != nullptr && !is_readable(given))) {
    return ask(action);
  }
  struct sigaction wanted {
  }, before{};
  if (given != nullptr) wanted = libc_form(*given);
  const Change how = change(number, given != nullptr ? &wanted : nullptr, &before);
  const long result = ask(how == Change::kStays ? nullptr : action);
  if (how != Change::kNotOurs && result == 0 && old != nullptr) {
    *static_cast<KernelAction*>(old) = kernel_form(before);
  }
  return result;
}

}  // namespace interpose_signal

extern "C" {

EXPORT int sigaction(int number, const struct sigaction* action, struct sigaction* old) noexcept {
  using interpose_signal::Change;
  real::resolve();
  struct sigaction before {};
  const Change how = interpose_signal::change(number, action, &before);
  const int result = how == Change::kStays ? 0 : real::sigaction(number, action, old);
  if (how != Change::kNotOurs && result == 0 && old != nullptr) *old = before;
  return result;
}

EXPORT sighandler_t signal(int number, sighandler_t handler) noexcept {
  using interpose_signal::Change;
  real::resolve();
  struct sigaction wanted {
  }, before{};
  wanted.sa_handler = handler;
  const Change how = interpose_signal::change(number, &wanted, &before);
  if (how == Change::kStays) return before.sa_handler;
  const sighandler_t result = real::signal(number, handler);
  return how == Change::kNotOurs || result == SIG_ERR ? result : before.sa_handler;
}

EXPORT int setitimer(__itimer_which_t which, const struct itimerval* value,
                     struct itimerval* old) noexcept {
  real::resolve();
  if (which != ITIMER_PROF || !ticks::holds_process_timer()) {
    return real::setitimer(which, value, old);
  }
  const bool stops =
      value != nullptr && value->it_value.tv_sec == 0 && value->it_value.tv_usec == 0;
  if (!stops) ticks::yield_signal(SIGPROF);
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
