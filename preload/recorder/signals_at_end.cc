#include "preload/recorder/signals_at_end.h"

#include <signal.h>
#include <sys/syscall.h>

#include <atomic>

#include "env/sys/arch.h"
#include "env/sys/real.h"

namespace signals_at_end {

namespace {

constexpr uint64_t bits(std::initializer_list<int> numbers) {
  uint64_t set = 0;
  for (const int number : numbers) set |= uint64_t{1} << (number - 1);
  return set;
}

constexpr uint64_t kFaults = bits({SIGILL, SIGTRAP, SIGABRT, SIGBUS, SIGFPE, SIGSEGV, SIGSYS});
// Their default action ends no process.
constexpr uint64_t kHarmless =
    bits({SIGCHLD, SIGCONT, SIGURG, SIGWINCH, SIGSTOP, SIGTSTP, SIGTTIN, SIGTTOU});
constexpr uint64_t kEnding = ~(kFaults | kHarmless | bits({SIGKILL}));

// Those whose action is do_nothing for now. Relaxed: changed by the thread that writes alone.
std::atomic<uint64_t> disarmed;

void do_nothing(int) {}

template <typename Visit>
void for_each(uint64_t set, Visit visit) {
  for (; set != 0; set &= set - 1) visit(__builtin_ctzll(set) + 1);
}

bool is_default(const struct sigaction& action) {
  return (action.sa_flags & SA_SIGINFO) == 0 && action.sa_handler == SIG_DFL;
}

// A handler and not SIG_IGN: a program that another thread executes meanwhile starts with the
// default, and what was pending before stays pending.
void disarm(int number) {
  struct sigaction action {};
  if (real::set_own_action(number, nullptr, &action) != 0 || !is_default(action)) return;
  action = {};
  action.sa_handler = do_nothing;
  action.sa_flags = SA_RESTART | SA_ONSTACK;
  if (real::set_own_action(number, &action, nullptr) != 0) return;
  disarmed.fetch_or(bits({number}), std::memory_order_relaxed);
}

// The host may have set an action of its own meanwhile.
void arm_again(int number) {
  struct sigaction action {};
  real::set_own_action(number, nullptr, &action);
  if (action.sa_handler != do_nothing) return;
  action = {};
  real::set_own_action(number, &action, nullptr);
}

}  // namespace

Hold::Hold(Host host) {
  const uint64_t all = ~kFaults;
  arch::syscall(SYS_rt_sigprocmask, SIG_BLOCK, &all, &mask_before_, 8);
  real::resolve();
  if (host == Host::kEnds) for_each(kEnding, disarm);
}

Hold::~Hold() {
  if (is_kept_) return;
  // The mask first: what came meanwhile and would end the host meets do_nothing.
  arch::syscall(SYS_rt_sigprocmask, SIG_SETMASK, &mask_before_, 0L, 8);
  forked();
}

void forked() {
  for_each(disarmed.exchange(0, std::memory_order_relaxed), arm_again);
}

}  // namespace signals_at_end
