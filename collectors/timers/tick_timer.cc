#include "collectors/timers/tick_timer.h"

#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <time.h>

#include <atomic>

#include "collectors/counts/sampler.h"
#include "collectors/threads/threads.h"
#include "env/sys/arch.h"

namespace tick_timer {

namespace {

// Their addresses mark our signals.
char mark, question;

// All of the kernel's timers that are ours, and those that threads have.
std::atomic<uint32_t> timers, of_threads;

timeval timeval_of(uint64_t ns) {
  // Rounded up: 0 would disarm.
  const uint64_t us = (ns + 999) / 1000;
  return {static_cast<time_t>(us / 1000000), static_cast<suseconds_t>(us % 1000000)};
}

timespec timespec_of(uint64_t ns) {
  return {static_cast<time_t>(ns / 1000000000), static_cast<long>(ns % 1000000000)};
}

// The kernel's name for the CPU clock of a thread of this process.
clockid_t cpu_clock_of(int32_t tid) {
  constexpr int kPerThread = 4;
  constexpr int kScheduler = 2;
  return static_cast<clockid_t>(~static_cast<uint32_t>(tid) << 3 | kPerThread | kScheduler);
}

uint64_t time_of(clockid_t clock) {
  timespec time{};
  arch::syscall(SYS_clock_gettime, clock, &time);
  return static_cast<uint64_t>(time.tv_sec) * 1000000000 + static_cast<uint64_t>(time.tv_nsec);
}

int32_t create_on(clockid_t clock, sigevent& event) {
  int number = 0;
  if (arch::syscall(SYS_timer_create, clock, &event, &number) != 0) return kNone;
  timers.fetch_add(1, std::memory_order_relaxed);
  return number + 1;
}

int32_t create(int32_t tid, int signal, void* our_mark) {
  sigevent event{};
  event.sigev_notify = SIGEV_THREAD_ID;
  event.sigev_signo = signal;
  event.sigev_value.sival_ptr = our_mark;
  event._sigev_un._tid = tid;
  return create_on(cpu_clock_of(tid), event);
}

bool set(int32_t timer, uint64_t first_ns, uint64_t period_ns) {
  const itimerspec value{timespec_of(period_ns), timespec_of(first_ns)};
  return arch::syscall(SYS_timer_settime, timer - 1, 0, &value, 0L) == 0;
}

void remove(int32_t timer) {
  arch::syscall(SYS_timer_delete, timer - 1);
  timers.fetch_sub(1, std::memory_order_relaxed);
}

// The timer, armed; kNone if the kernel refuses.
int32_t armed_or_none(int32_t timer, uint64_t first_ns, uint64_t period_ns) {
  if (timer == kNone || set(timer, first_ns, period_ns)) return timer;
  remove(timer);
  return kNone;
}

void remove_of_thread(int32_t timer) {
  remove(timer);
  of_threads.fetch_sub(1, std::memory_order_relaxed);
}

}  // namespace

uint64_t first_expiry_ns(uint64_t& state, uint64_t period_ns) {
  return 1 + sampler::next_random(state) % period_ns;
}

bool arm_process(uint64_t first_ns, uint64_t period_ns) {
  const itimerval value{timeval_of(period_ns), timeval_of(first_ns)};
  return arch::syscall(SYS_setitimer, ITIMER_PROF, &value, 0L) == 0;
}

void disarm_process() {
  const itimerval none{};
  arch::syscall(SYS_setitimer, ITIMER_PROF, &none, 0L);
  // A tick may be pending for the process, where every thread blocks the signal. It is taken from
  // the queue only if the timer sent it: the host's own stays.
  uint64_t set = uint64_t{1} << (SIGPROF - 1);
  uint64_t pending = 0;
  arch::syscall(SYS_rt_sigpending, &pending, 8);
  if ((pending & set) == 0) return;
  siginfo_t info{};
  const timespec now{};
  const long got = arch::syscall(SYS_rt_sigtimedwait, &set, &info, &now, 8);
  if (got == SIGPROF && info.si_code != SI_KERNEL) {
    arch::syscall(SYS_rt_sigqueueinfo, arch::syscall(SYS_getpid), SIGPROF, &info);
  }
}

bool arm_thread(Thread& thread, int signal, uint64_t first_ns, uint64_t period_ns) {
  int32_t none = kNone;
  // The thread itself and one that arms all may come at once.
  if (!of(thread).timer.compare_exchange_strong(none, kMaking, std::memory_order_acq_rel))
    return true;
  const int32_t tid = thread.tid.load(std::memory_order_relaxed);
  const int32_t timer = armed_or_none(create(tid, signal, &mark), first_ns, period_ns);
  // Before another thread can see the timer, and remove it.
  if (timer != kNone) of_threads.fetch_add(1, std::memory_order_relaxed);
  int32_t making = kMaking;
  if (!of(thread).timer.compare_exchange_strong(making, timer, std::memory_order_release) &&
      timer != kNone) {
    remove_of_thread(timer);  // disarmed meanwhile
  }
  return timer != kNone;
}

void disarm_thread(Thread& thread) {
  const int32_t timer = of(thread).timer.exchange(kNone, std::memory_order_acq_rel);
  if (timer > kNone) remove_of_thread(timer);
}

uint32_t armed_threads() {
  return of_threads.load(std::memory_order_relaxed);
}

int32_t arm_one(int signal, uint64_t period_ns) {
  sigevent event{};
  event.sigev_notify = SIGEV_SIGNAL;
  event.sigev_signo = signal;
  event.sigev_value.sival_ptr = &mark;
  return armed_or_none(create_on(CLOCK_PROCESS_CPUTIME_ID, event), period_ns, period_ns);
}

uint64_t room_for_timers() {
  rlimit limit{};
  const bool known = arch::syscall(SYS_prlimit64, 0, RLIMIT_SIGPENDING, 0L, &limit) == 0;
  return known ? limit.rlim_cur : ~uint64_t{0};
}

int32_t ask(int32_t tid, int signal) {
  // With the ticks' timers half of the limit: the rest is the host's.
  if (timers.load(std::memory_order_relaxed) >= room_for_timers() / 2) return kNone;
  return armed_or_none(create(tid, signal, &question), 1, 0);
}

void take_back(int32_t question) {
  remove(question);
}

void forget() {
  timers.store(0, std::memory_order_relaxed);
  of_threads.store(0, std::memory_order_relaxed);
}

bool is_ours(const siginfo_t& info) {
  return info.si_code == SI_TIMER &&
         (info.si_value.sival_ptr == &mark || info.si_value.sival_ptr == &question);
}

bool is_question(const siginfo_t& info) {
  return info.si_code == SI_TIMER && info.si_value.sival_ptr == &question;
}

int32_t arm_raw_thread(int32_t tid, int signal, void* whose, uint64_t first_ns,
                       uint64_t period_ns) {
  return armed_or_none(create(tid, signal, whose), first_ns, period_ns);
}

bool is_alive(int32_t tid) {
  return arch::syscall(SYS_tgkill, arch::syscall(SYS_getpid), tid, 0) == 0;
}

uint64_t cpu_time_ns(const Thread& thread) {
  return cpu_time_ns(thread.tid.load(std::memory_order_relaxed));
}

// The kernel takes number 0 for the calling thread.
uint64_t cpu_time_ns(int32_t tid) {
  return tid == 0 ? 0 : time_of(cpu_clock_of(tid));
}

uint64_t cpu_time_of_process_ns() {
  return time_of(CLOCK_PROCESS_CPUTIME_ID);
}

uint32_t ticks_of(const siginfo_t& info, bool process_timer_is_ours) {
  if (info.si_code == SI_TIMER && info.si_value.sival_ptr == &mark) {
    return 1 + static_cast<uint32_t>(info.si_overrun);
  }
  if (info.si_code == SI_KERNEL && process_timer_is_ours) return 1;
  return 0;
}

}  // namespace tick_timer
