#include "collectors/core/ticks.h"

#include <sys/syscall.h>
#include <time.h>

#include <atomic>

#include "collectors/core/capture.h"
#include "collectors/core/roll_call.h"
#include "collectors/core/sampler.h"
#include "collectors/core/strangers.h"
#include "collectors/core/tick_signal.h"
#include "collectors/core/tick_timer.h"
#include "env/safe/arch.h"
#include "env/safe/clock.h"
#include "env/safe/tables.h"
#include "env/safe/thread_state.h"

namespace ticks {

namespace {

enum class Clock : int { kNone, kProcess, kThreads };

constexpr unsigned kMostConsumers = 2;
// Null: none. Relaxed: one that comes or goes has a tick more or less.
std::atomic<Consumer> consumers[kMostConsumers];
uint64_t period_ns;
std::atomic<bool> recording;
std::atomic<bool> signal_is_wanted;  // also while no ticks are recorded
std::atomic<Clock> clock_now{Clock::kNone};
std::atomic<uint64_t> random_state;
// The CPU time of the process when ticks began, and what was given away since.
uint64_t process_before_ns;
std::atomic<uint64_t> given_ns;

bool is_recording() {
  return recording.load(std::memory_order_acquire);
}

uint64_t first_expiry() {
  // Two threads that draw at once may draw the same phase, no more than that.
  uint64_t state = random_state.fetch_add(0x632be59bd9b4e019u, std::memory_order_relaxed);
  return tick_timer::first_expiry_ns(state, period_ns);
}

void give(Thread* thread, layout::Ref stack, layout::Ref labels, uint64_t cpu_ns) {
  given_ns.fetch_add(cpu_ns, std::memory_order_relaxed);
  for (auto& each : consumers) {
    const Consumer consumer = each.load(std::memory_order_relaxed);
    if (consumer != nullptr) consumer(thread, stack, labels, cpu_ns);
  }
}

// What a signal of `ticks` stands for. A thread's first tick comes at a random part of the period
// and stands for that part, so that ticks never say more than its clock.
uint64_t tick_ns(uint32_t ticks) {
  Thread* thread = thread_state.thread;
  if (thread == nullptr || clock_now.load(std::memory_order_relaxed) != Clock::kThreads) {
    return ticks * period_ns;
  }
  // Relaxed: this thread is the only writer; settle() reads them when the timer is gone.
  const uint64_t ns = thread->cpu.next_ns.load(std::memory_order_relaxed) + (ticks - 1) * period_ns;
  thread->cpu.next_ns.store(period_ns, std::memory_order_relaxed);
  thread->cpu.accounted_ns.fetch_add(ns, std::memory_order_relaxed);
  return ns;
}

// The process runs ahead of the threads that are known: there are others. Asked now and then.
void look_for_strangers() {
  static std::atomic<uint32_t> turns;
  if (turns.fetch_add(1, std::memory_order_relaxed) % 16 != 15) return;
  const uint64_t used = tick_timer::cpu_time_of_process_ns() - process_before_ns;
  const uint64_t given = given_ns.load(std::memory_order_relaxed);
  const uint64_t known = threads::high_water();
  const uint64_t between_ticks = (known < 16 ? known : 16) * period_ns + 50000000;
  if (used > given + used / 50 + between_ticks) strangers::look();
}

void record(uint32_t ticks, const void* context) {
  look_for_strangers();
  give(thread_state.thread, capture::context(context), threads::labels_here(), tick_ns(ticks));
}

// What a thread has used beyond its ticks, at its end or at ours: the part of a period that is
// always left (all of a thread shorter than that), or, where it blocked the signal, all of its
// time. Without it threads of 5 ms would show 0.6 of their time, threads of 1 ms 0.1.
// All of it to one consumer that goes, or to all.
uint64_t settle(Thread& thread, Consumer only) {
  const uint64_t now = tick_timer::cpu_time_ns(thread);
  const uint64_t accounted =
      thread.cpu.before_ns + thread.cpu.accounted_ns.load(std::memory_order_relaxed);
  if (now <= accounted) return 0;
  const uint64_t rest = now - accounted;
  const layout::Ref stack =
      capture::pseudo(leaf_of_rest(rest, period_ns), reinterpret_cast<uint64_t>(thread.routine));
  const layout::Ref labels = thread.labels.load(std::memory_order_relaxed);
  if (only != nullptr) {
    only(&thread, stack, labels, rest);
  } else {
    give(&thread, stack, labels, rest);
  }
  return rest;
}

// What the process has used and nobody was given: threads that ended past our sight, what runs
// after a thread's record is closed. `settled_ns`: what the consumer has just got besides.
void settle_process(Consumer consumer, uint64_t settled_ns) {
  const uint64_t used = tick_timer::cpu_time_of_process_ns() - process_before_ns;
  const uint64_t told = given_ns.load(std::memory_order_relaxed) + settled_ns;
  // The clocks were not read at one moment.
  if (used < told + 5000000 + used / 200) return;
  consumer(nullptr, capture::pseudo(layout::kPcLost, 0), 0, used - told);
}

void on_tick(int number, siginfo_t* info, void* context) {
  if (strangers::ticked(*info, context)) return;
  if (roll_call::answers(*info, context)) return;
  const uint32_t ticks =
      tick_timer::ticks_of(*info, clock_now.load(std::memory_order_relaxed) == Clock::kProcess);
  if (ticks == 0) {
    // A late tick of the process timer, after it was stopped, is nobody's.
    if (info->si_code != SI_KERNEL) tick_signal::pass_on(number, info, context);
    return;
  }
  if (is_recording()) record(ticks, context);
}

void arm(Thread& thread) {
  const uint64_t first = first_expiry();
  thread.cpu.next_ns.store(first, std::memory_order_relaxed);
  if (!thread.cpu.open.exchange(true, std::memory_order_acq_rel)) {
    thread.cpu.before_ns = tick_timer::cpu_time_ns(thread);
    thread.cpu.accounted_ns.store(0, std::memory_order_relaxed);
  }
  if (!tick_timer::arm_thread(thread, tick_signal::held(), first, period_ns)) {
    tables::count(layout::kTimersFailed);
  }
  // It may have ended meanwhile, and found no timer to delete.
  if (thread.tid.load(std::memory_order_acquire) == 0) tick_timer::disarm_thread(thread);
}

void arm_all_threads() {
  // Before the threads are looked through: one that begins meanwhile arms itself.
  clock_now.store(Clock::kThreads, std::memory_order_seq_cst);
  strangers::start(tick_signal::held(), period_ns, give);
  threads::for_each(arm);
}

void disarm() {
  if (clock_now.exchange(Clock::kNone) == Clock::kProcess) tick_timer::disarm_process();
  threads::for_each(tick_timer::disarm_thread);
  strangers::stop();
}

}  // namespace

void thread_began(Thread& thread) {
  if (is_recording() && clock_now.load(std::memory_order_seq_cst) == Clock::kThreads) arm(thread);
}

void thread_ending(Thread& thread) {
  tick_timer::disarm_thread(thread);
  // Closed in any case: the record is another thread's next.
  const bool open = thread.cpu.open.exchange(false, std::memory_order_acq_rel);
  if (open && is_recording()) settle(thread, nullptr);
}

bool holds_process_timer() {
  return clock_now.load(std::memory_order_relaxed) == Clock::kProcess;
}

void yield_signal() {
  const int number = tick_signal::let_go();
  if (number == 0) return;
  const bool goes_on = is_recording();
  disarm();
  const struct sigaction before = *tick_signal::action_of_host();
  const bool taken = (goes_on || signal_is_wanted.load(std::memory_order_relaxed)) &&
                     tick_signal::take_real_time(number, on_tick);
  tick_signal::give_back(number, before);
  if (taken && goes_on) arm_all_threads();
}

bool hold_signal() {
  signal_is_wanted.store(true, std::memory_order_relaxed);
  return tick_signal::held() != 0 || tick_signal::take_real_time(0, on_tick);
}

namespace {

bool begin(uint64_t period, options::CpuClock clock) {
  period_ns = period;
  random_state.store(clock_source::monotonic_ns() << 32 ^ arch::thread_pointer(),
                     std::memory_order_relaxed);
  process_before_ns = tick_timer::cpu_time_of_process_ns();
  given_ns.store(0, std::memory_order_relaxed);
  recording.store(true, std::memory_order_release);
  const bool wants_itimer = clock == options::CpuClock::kItimer;
  // A forked child, and a recording that goes on, have their signal already.
  if (wants_itimer && (tick_signal::held() == SIGPROF ||
                       (tick_signal::held() == 0 && tick_signal::take(SIGPROF, on_tick)))) {
    clock_now.store(Clock::kProcess);
    return tick_timer::arm_process(first_expiry(), period_ns);
  }
  if (tick_signal::held() == 0 && !tick_signal::take_real_time(0, on_tick)) return false;
  tick_signal::unblock_here();
  arm_all_threads();
  return true;
}

unsigned in_use() {
  unsigned count = 0;
  for (auto& each : consumers) count += each.load(std::memory_order_relaxed) != nullptr;
  return count;
}

}  // namespace

bool start(Consumer consumer, uint64_t period, options::CpuClock clock) {
  const bool is_first = !is_recording();
  for (auto& each : consumers) {
    Consumer none = nullptr;
    if (each.load() == consumer || each.compare_exchange_strong(none, consumer)) break;
  }
  return !is_first || begin(period, clock);
}

// The handler stays: a tick that is on its way must not meet the signal's default, which is death.
void stop(Consumer consumer) {
  const bool is_last = in_use() == 1;
  const bool by_threads = clock_now.load(std::memory_order_relaxed) == Clock::kThreads;
  uint64_t settled = strangers::settle(consumer);
  if (is_last) {
    recording.store(false, std::memory_order_release);
    disarm();
  }
  threads::for_each([&](Thread& thread) {
    // Who ends at this moment settles too: the last one's settling is one of both.
    const bool open = is_last ? thread.cpu.open.exchange(false, std::memory_order_acq_rel)
                              : thread.cpu.open.load(std::memory_order_acquire);
    if (open) settled += settle(thread, consumer);
  });
  if (by_threads) settle_process(consumer, settled);
  for (auto& each : consumers) {
    Consumer expected = consumer;
    each.compare_exchange_strong(expected, nullptr);
  }
}

void forget() {
  for (auto& each : consumers) each.store(nullptr, std::memory_order_relaxed);
  recording.store(false, std::memory_order_relaxed);
  clock_now.store(Clock::kNone, std::memory_order_relaxed);
  strangers::forget();
}

void note(text::Builder& out) {
  const int number = tick_signal::held();
  if (number == SIGPROF) {
    out << "# ticks: the process timer, SIGPROF; on a busy machine it loses some\n";
  } else {
    out << "# ticks: a timer for each thread, signal " << static_cast<uint64_t>(number)
        << "; SIGPROF and ITIMER_PROF are the program's\n";
  }
}

}  // namespace ticks
