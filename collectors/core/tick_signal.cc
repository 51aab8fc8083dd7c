#include "collectors/core/tick_signal.h"

#include <sys/syscall.h>
#include <ucontext.h>

#include <atomic>

#include "env/safe/arch.h"
#include "env/safe/log.h"
#include "env/safe/real.h"
#include "env/safe/tables.h"
#include "env/safe/thread_state.h"

namespace tick_signal {

namespace {

std::atomic<int> number_held;
struct sigaction host_action;

bool is_default(const struct sigaction& action) {
  return (action.sa_flags & SA_SIGINFO) == 0 && action.sa_handler == SIG_DFL;
}

// The host believes that this thread blocks it: from here on it does, and the signal waits for
// whoever does not, or asks for it (sigwait).
void keep_pending(int number, const siginfo_t* info, void* context) {
  sigaddset(&static_cast<ucontext_t*>(context)->uc_sigmask, number);
  const long pid = arch::syscall(SYS_getpid);
  if (arch::syscall(SYS_rt_sigqueueinfo, pid, number, info) == 0) return;
  // Only the first thread may send what says that it came from kill().
  siginfo_t again = *info;
  again.si_code = SI_QUEUE;
  arch::syscall(SYS_rt_sigqueueinfo, pid, number, &again);
}

}  // namespace

bool take(int number, Handler handler) {
  struct sigaction before {};
  if (real::sigaction(number, nullptr, &before) != 0 || !is_default(before)) return false;
  struct sigaction action {};
  action.sa_sigaction = handler;
  // On the alternate stack where the thread has one: a goroutine's or a fiber's is too small.
  action.sa_flags = SA_SIGINFO | SA_RESTART | SA_ONSTACK;
  sigfillset(&action.sa_mask);
  if (real::sigaction(number, &action, nullptr) != 0) return false;
  host_action = before;
  number_held.store(number, std::memory_order_release);
  return true;
}

bool take_real_time(int but_not, Handler handler) {
  for (int number = SIGRTMAX; number >= SIGRTMIN; number--) {
    if (number != but_not && take(number, handler)) return true;
  }
  logging::Line(logging::Level::kError)
      << "the program uses every real-time signal itself: no cpu profile from here on";
  return false;
}

void unblock_here() {
  const int number = held();
  if (number == 0) return;
  const uint64_t ours = uint64_t{1} << (number - 1);
  uint64_t before = 0;
  arch::syscall(SYS_rt_sigprocmask, SIG_UNBLOCK, &ours, &before, 8);
  if ((before & ours) != 0) thread_state.believes_blocked = static_cast<uint16_t>(number);
}

bool block_as_believed() {
  const int number = thread_state.believes_blocked;
  if (number == 0) return false;
  const uint64_t ours = uint64_t{1} << (number - 1);
  arch::syscall(SYS_rt_sigprocmask, SIG_BLOCK, &ours, 0L, 8);
  return true;
}

int held() {
  return number_held.load(std::memory_order_acquire);
}

struct sigaction* action_of_host() {
  return &host_action;
}

int let_go() {
  return number_held.exchange(0, std::memory_order_acq_rel);
}

void give_back(int number, const struct sigaction& action) {
  real::sigaction(number, &action, nullptr);
}

void pass_on(int number, siginfo_t* info, void* context) {
  tables::count(layout::kForeignSignals);
  if (thread_state.believes_blocked != 0) return keep_pending(number, info, context);
  const struct sigaction action = host_action;
  if ((action.sa_flags & SA_SIGINFO) != 0) {
    action.sa_sigaction(number, info, context);
  } else if (action.sa_handler == SIG_DFL) {
    real::sigaction(number, &action, nullptr);
    // Blocked until this handler returns.
    arch::syscall(SYS_tgkill, arch::syscall(SYS_getpid), arch::syscall(SYS_gettid), number);
  } else if (action.sa_handler != SIG_IGN) {
    action.sa_handler(number);
  }
}

}  // namespace tick_signal
