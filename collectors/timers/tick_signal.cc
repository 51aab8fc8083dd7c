#include "collectors/timers/tick_signal.h"

#include <sys/syscall.h>
#include <ucontext.h>

#include <atomic>

#include "env/sys/arch.h"
#include "env/sys/log.h"
#include "env/sys/real.h"
#include "env/sys/thread_state.h"
#include "tables/tables.h"

namespace tick_signal {

namespace {

// Highest signal number of Linux on x86-64.
constexpr int kSignals = 64;

std::atomic<int> number_held;
std::atomic<int> owner;  // the process that it is held in
std::atomic<Handler> handler_held;
std::atomic<int> lost;  // the signal whose action the host changed past us, 0: none
// Sets of signals: whose action is ours; that the host has used.
std::atomic<uint64_t> ours, left;
struct sigaction host_actions[kSignals + 1];

uint64_t bit(int number) {
  return number > 0 && number <= kSignals ? uint64_t{1} << (number - 1) : 0;
}

bool is_default(const struct sigaction& action) {
  return (action.sa_flags & SA_SIGINFO) == 0 && action.sa_handler == SIG_DFL;
}

bool install(int number, Handler handler) {
  struct sigaction action {};
  action.sa_sigaction = handler;
  // On the alternate stack where the thread has one: a goroutine's or a fiber's is too small.
  action.sa_flags = SA_SIGINFO | SA_RESTART | SA_ONSTACK;
  sigfillset(&action.sa_mask);
  return real::set_own_action(number, &action, nullptr) == 0;
}

Fate fate_of(int number) {
  struct sigaction now {};
  if (number == 0 || real::set_own_action(number, nullptr, &now) != 0) return Fate::kOurs;
  if (is_default(now)) return Fate::kReset;
  const bool is_same = now.sa_sigaction == handler_held.load(std::memory_order_relaxed);
  return is_same ? Fate::kOurs : Fate::kTaken;
}

int current_process() {
  return static_cast<int>(arch::syscall(SYS_getpid));
}

}  // namespace

bool take(int number, Handler handler) {
  struct sigaction before {};
  if ((left.load(std::memory_order_relaxed) & bit(number)) != 0) return false;
  if (real::set_own_action(number, nullptr, &before) != 0 || !is_default(before)) return false;
  // Before the action: sigaction in another thread asks for both.
  host_actions[number] = before;
  ours.fetch_or(bit(number), std::memory_order_release);
  if (!install(number, handler)) {
    ours.fetch_and(~bit(number), std::memory_order_relaxed);
    return false;
  }
  inherit();
  handler_held.store(handler, std::memory_order_relaxed);
  number_held.store(number, std::memory_order_release);
  return true;
}

bool take_free(Handler handler) {
  if (take(SIGURG, handler)) return true;
  for (int number = SIGRTMAX; number >= SIGRTMIN; number--) {
    if (take(number, handler)) return true;
  }
  logging::Line(logging::Level::kError)
      << "the program uses SIGURG and every real-time signal itself: no ticks from here on";
  return false;
}

void leave(int number) {
  left.fetch_or(bit(number), std::memory_order_relaxed);
}

int held() {
  return number_held.load(std::memory_order_acquire);
}

bool is_ours(int number) {
  return (ours.load(std::memory_order_acquire) & bit(number)) != 0;
}

struct sigaction* action_of_host(int number) {
  return &host_actions[number];
}

bool is_installed(int number) {
  return fate_of(number) == Fate::kOurs;
}

bool is_owner() {
  return owner.load(std::memory_order_relaxed) == current_process();
}

void inherit() {
  owner.store(current_process(), std::memory_order_relaxed);
}

Fate settle_fate() {
  const int number = held();
  const Fate fate = fate_of(number);
  if (fate != Fate::kOurs) lost.store(number, std::memory_order_relaxed);
  if (fate == Fate::kReset) install(number, handler_held.load(std::memory_order_relaxed));
  if (fate == Fate::kTaken) ours.fetch_and(~bit(number), std::memory_order_acq_rel);
  return fate;
}

void note(text::Builder& out, bool by_one_timer) {
  const int number = held();
  const int changed =
      fate_of(number) == Fate::kOurs ? lost.load(std::memory_order_relaxed) : number;
  if (changed != 0) {
    out << "ticks: the program changed the action of signal " << static_cast<uint64_t>(changed)
        << " by a system call of its own; CPU time without ticks is under [lost]\n";
  }
  if (number == 0) {
    out << "ticks: none since the program used SIGURG and every real-time signal itself\n";
  } else if (number == SIGPROF) {
    out << "# ticks: the process timer, SIGPROF; on a busy machine it loses some\n";
  } else if (by_one_timer) {
    out << "ticks: one timer for the whole process, which loses some: the limit of queued signals "
           "(ulimit -i) has no room for one a thread\n";
  } else {
    out << "# ticks: a timer for each thread, signal " << static_cast<uint64_t>(number)
        << "; SIGPROF and ITIMER_PROF are the program's\n";
  }
}

void unblock_here() {
  const int number = held();
  if (number == 0) return;
  const uint64_t set = bit(number);
  uint64_t before = 0;
  arch::syscall(SYS_rt_sigprocmask, SIG_UNBLOCK, &set, &before, 8);
  if ((before & set) != 0) thread_state.believes_blocked = static_cast<uint16_t>(number);
}

void unblock_after(void* context) {
  const int number = held();
  sigset_t& mask = static_cast<ucontext_t*>(context)->uc_sigmask;
  const bool is_blocked = number != 0 && sigismember(&mask, number) == 1;
  if (is_blocked) sigdelset(&mask, number);
  thread_state.believes_blocked = static_cast<uint16_t>(is_blocked ? number : 0);
}

bool block_as_believed() {
  const int number = thread_state.believes_blocked;
  if (number == 0) return false;
  const uint64_t set = bit(number);
  arch::syscall(SYS_rt_sigprocmask, SIG_BLOCK, &set, 0L, 8);
  return true;
}

int let_go() {
  const int number = number_held.exchange(0, std::memory_order_acq_rel);
  leave(number);
  return number;
}

void give_back(int number) {
  // Once: another thread may have given it back, and the host set an action since.
  if ((ours.fetch_and(~bit(number), std::memory_order_acq_rel) & bit(number)) == 0) return;
  real::set_own_action(number, &host_actions[number], nullptr);
}

void keep_pending(int number, const siginfo_t* info, void* context) {
  sigaddset(&static_cast<ucontext_t*>(context)->uc_sigmask, number);
  const long pid = arch::syscall(SYS_getpid);
  if (info->si_code == SI_TKILL) {
    arch::syscall(SYS_rt_tgsigqueueinfo, pid, arch::syscall(SYS_gettid), number, info);
    return;
  }
  if (arch::syscall(SYS_rt_sigqueueinfo, pid, number, info) == 0) return;
  // Only the first thread may send what says that it came from kill() or from the kernel.
  siginfo_t again = *info;
  again.si_code = SI_QUEUE;
  arch::syscall(SYS_rt_sigqueueinfo, pid, number, &again);
}

void pass_on(int number, siginfo_t* info, void* context) {
  tables::count(layout::kForeignSignals);
  if (thread_state.believes_blocked == number) return keep_pending(number, info, context);
  const struct sigaction action = host_actions[number];
  if ((action.sa_flags & SA_SIGINFO) != 0) {
    action.sa_sigaction(number, info, context);
  } else if (action.sa_handler == SIG_DFL) {
    if (number == SIGURG) return;
    real::set_own_action(number, &action, nullptr);
    // Blocked until this handler returns.
    arch::syscall(SYS_tgkill, arch::syscall(SYS_getpid), arch::syscall(SYS_gettid), number);
  } else if (action.sa_handler != SIG_IGN) {
    action.sa_handler(number);
  }
}

}  // namespace tick_signal
