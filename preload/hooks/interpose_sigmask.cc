// The ticks' signal is never blocked by the host, which believes that it is: a thread that blocks
// every signal is sampled like any other, and a thread that waits for every signal (sigwait,
// signalfd) does not get ours.
#include "preload/hooks/interpose_sigmask.h"

#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <time.h>

#include "collectors/timers/tick_signal.h"
#include "collectors/timers/tick_timer.h"
#include "env/sys/clock.h"
#include "env/sys/compiler/attributes.h"
#include "env/sys/real.h"
#include "env/sys/thread_state.h"
#include "preload/hooks/interpose_signal.h"

namespace {

// Of the signals that a host blocks together, most often all, it need not use this one. A short
// list holds what the host waits for. Its own signal would then be lost while a tick is pending:
// the kernel keeps one of the two (docs/decisions/0003-cpu-signal-sources.md).
bool is_short(const sigset_t& set) {
  unsigned count = 0;
  for (uint64_t rest = set.__val[0]; rest != 0; rest &= rest - 1) count++;
  return count < 32;
}

// The signal that ticks use once the host has made its call; 0: there is none.
int number_kept(int how, const sigset_t* set) {
  const int number = tick_signal::held();
  const bool blocks = number != 0 && set != nullptr && how != SIG_UNBLOCK;
  if (!blocks || sigismember(set, number) != 1 || !is_short(*set)) return number;
  interpose_signal::yield(number);
  return tick_signal::held();
}

// What the call changes in what the host believes; the mask that is given to the kernel lacks ours.
template <auto& next>
int mask_without_ours(int how, const sigset_t* set, sigset_t* old) {
  real::resolve();
  const int number = number_kept(how, set);
  // Another thread gave the host the number that this one believes blocked.
  if (UNLIKELY(thread_state.believes_blocked != 0 && thread_state.believes_blocked != number)) {
    tick_signal::block_as_believed();
    thread_state.believes_blocked = 0;
    tick_signal::unblock_here();
  }
  if (number == 0) return next(how, set, old);
  const bool holds_ours = set != nullptr && sigismember(set, number) == 1;
  const bool believed = thread_state.believes_blocked != 0;
  sigset_t rest;
  if (holds_ours && how != SIG_UNBLOCK) {
    rest = *set;
    sigdelset(&rest, number);
  }
  const int result = next(how, holds_ours && how != SIG_UNBLOCK ? &rest : set, old);
  if (result != 0) return result;
  if (set != nullptr && (how == SIG_SETMASK || holds_ours)) {
    const bool blocks = holds_ours && how != SIG_UNBLOCK;
    thread_state.believes_blocked = static_cast<uint16_t>(blocks ? number : 0);
  }
  if (old != nullptr && believed) sigaddset(old, number);
  return result;
}

bool waits_for_ours(const sigset_t* set) {
  const int number = tick_signal::held();
  return number != 0 && sigismember(set, number) == 1;
}

// A tick that came while the thread used the CPU to begin its wait.
bool is_tick(int number, const siginfo_t& info) {
  return number == tick_signal::held() && tick_timer::is_ours(info);
}

int64_t ns_of(const timespec& t) {
  return t.tv_sec * int64_t{1000000000} + t.tv_nsec;
}

int (*next_sigwait)(const sigset_t*, int*);
int (*next_sigwaitinfo)(const sigset_t*, siginfo_t*);
int (*next_sigtimedwait)(const sigset_t*, siginfo_t*, const timespec*);

// As long as `time` from the first call, however many ticks come in between.
int timed_wait(const sigset_t* set, siginfo_t* info_out, const timespec* time) {
  if (time == nullptr || !waits_for_ours(set)) return next_sigtimedwait(set, info_out, time);
  siginfo_t info;
  const auto end_ns = static_cast<int64_t>(clock_source::monotonic_ns()) + ns_of(*time);
  for (timespec left = *time;;) {
    const int number = next_sigtimedwait(set, &info, &left);
    if (number < 0) return number;
    if (!is_tick(number, info)) {
      if (info_out != nullptr) *info_out = info;
      return number;
    }
    const int64_t rest = end_ns - static_cast<int64_t>(clock_source::monotonic_ns());
    left = rest < 0 ? timespec{} : timespec{rest / 1000000000, rest % 1000000000};
  }
}

int wait_with_info(const sigset_t* set, siginfo_t* info_out) {
  if (!waits_for_ours(set)) return next_sigwaitinfo(set, info_out);
  siginfo_t info;
  int number;
  do {
    number = next_sigwaitinfo(set, &info);
  } while (is_tick(number, info));
  if (number > 0 && info_out != nullptr) *info_out = info;
  return number;
}

// glibc's begins anew where a handler interrupted it, and keeps errno.
int plain_wait(const sigset_t* set, int* number) {
  if (!waits_for_ours(set)) return next_sigwait(set, number);
  const int before = errno;
  int got;
  do {
    got = wait_with_info(set, nullptr);
  } while (got < 0 && errno == EINTR);
  const int error = errno;
  errno = before;
  if (got < 0) return error;
  *number = got;
  return 0;
}

template <typename Function>
const void* put_before(Function*& next, const void* function, Function* ours) {
  next = reinterpret_cast<Function*>(const_cast<void*>(function));
  return reinterpret_cast<const void*>(ours);
}

}  // namespace

extern "C" {

EXPORT int pthread_sigmask(int how, const sigset_t* set, sigset_t* old) noexcept {
  return mask_without_ours<real::pthread_sigmask>(how, set, old);
}
EXPORT int sigprocmask(int how, const sigset_t* set, sigset_t* old) noexcept {
  return mask_without_ours<real::sigprocmask>(how, set, old);
}

}  // extern "C"

namespace interpose_sigmask {

int change(int how, const sigset_t* set, sigset_t* old) {
  return mask_without_ours<real::sigprocmask>(how, set, old);
}

const void* put_before_next(std::string_view name, const void* next) {
  // It uses the other.
  if (name == "sigwait") {
    next_sigwaitinfo = real::sigwaitinfo;
    return put_before(next_sigwait, next, plain_wait);
  }
  if (name == "sigwaitinfo") return put_before(next_sigwaitinfo, next, wait_with_info);
  if (name == "sigtimedwait") return put_before(next_sigtimedwait, next, timed_wait);
  return next;
}

}  // namespace interpose_sigmask
