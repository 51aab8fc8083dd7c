#include "collectors/cpu/ticks.h"

#include <atomic>

#include "collectors/counts/sample_table.h"
#include "collectors/counts/sampler.h"
#include "collectors/cpu/cpu_account.h"
#include "collectors/cpu/raw_threads.h"
#include "collectors/cpu/tick_consumers.h"
#include "collectors/snapshot/snapshot_on_demand.h"
#include "collectors/snapshot/thread_snapshot.h"
#include "collectors/threads/thread_pointers.h"
#include "collectors/timers/tick_signal.h"
#include "collectors/timers/tick_timer.h"
#include "collectors/unwind/capture.h"
#include "env/sys/arch.h"
#include "env/sys/clock.h"
#include "env/sys/thread_state.h"
#include "tables/tables.h"

namespace ticks {

namespace {

// kProcess: setitimer, SIGPROF. kOneTimer: a timer on the process's clock, where there is no room
// for one a thread.
enum class Clock : int { kNone, kProcess, kThreads, kOneTimer };

uint64_t period_ns;
std::atomic<bool> recording;
std::atomic<bool> signal_is_wanted;  // also while no ticks are recorded
std::atomic<Clock> clock_now{Clock::kNone};
std::atomic<uint64_t> random_state;
bool had_one_timer;  // for the comments
uint64_t most_timers;
std::atomic<int32_t> one_timer{tick_timer::kNone};

bool is_recording() {
  return recording.load(std::memory_order_acquire);
}

uint64_t first_expiry() {
  // Two threads that draw at once may draw the same phase, no more than that.
  uint64_t state = random_state.fetch_add(0x632be59bd9b4e019u, std::memory_order_relaxed);
  return tick_timer::first_expiry_ns(state, period_ns);
}

uint64_t tick_ns(uint32_t ticks) {
  Thread* thread = thread_state.thread;
  const bool has_timer =
      thread != nullptr && clock_now.load(std::memory_order_relaxed) == Clock::kThreads;
  return has_timer ? cpu_account::of_ticks(*thread, ticks, period_ns) : ticks * period_ns;
}

void record(uint32_t ticks, const void* context) {
  waits::running_at(arch::registers_of(context).value[arch::kRsp]);
  if (snapshot_on_demand::is_wanted()) snapshot_on_demand::interrupted(context);
  static std::atomic<uint32_t> turns;
  const bool looks_around = turns.fetch_add(1, std::memory_order_relaxed) % 16 == 15;
  if (looks_around && cpu_account::has_raw_threads(period_ns)) raw_threads::look();
  const uint64_t ns = tick_ns(ticks);
  if (!tick_consumers::are_recording()) return cpu_account::gave(ns);
  tick_consumers::give(thread_state.thread, capture::context(context), labels::here(), ns);
}

// A thread's rest, to one consumer that goes, or to all (null).
uint64_t settle(Thread& thread, Consumer only) {
  const uint64_t rest = cpu_account::rest_of(thread);
  if (rest == 0) return 0;
  // Else each thread that ends would leave a set of labels in the tables, which no row has.
  if (!tick_consumers::are_recording()) {
    cpu_account::gave(rest);
    return 0;
  }
  const layout::Ref stack = capture::pseudo(cpu_account::leaf_of(rest, period_ns),
                                            reinterpret_cast<uint64_t>(thread.routine));
  const layout::Ref labels = labels::of(thread);
  (only != nullptr ? only : tick_consumers::give)(&thread, stack, labels, rest);
  return rest;
}

void move_on(void* context);

// A host that blocks the signal and gets it waits for it: it needs the number more than ticks do.
void take_for_host(int number, siginfo_t* info, void* context) {
  const bool is_awaited = thread_state.believes_blocked == number;
  tick_signal::pass_on(number, info, context);
  if (is_awaited && number == tick_signal::held()) move_on(context);
}

bool is_of_process_timer(int number, const siginfo_t& info) {
  return number == SIGPROF && info.si_code == SI_KERNEL;
}

bool is_ours(int number, const siginfo_t& info) {
  return tick_timer::is_ours(info) || is_of_process_timer(number, info);
}

void on_tick(int number, siginfo_t* info, void* context) {
  const arch::CleanState clean;
  if (raw_threads::ticked(*info, context)) return;
  // Its time stays without a tick.
  if (is_ours(number, *info) && !thread_pointers::is_own_here()) return;
  if (thread_snapshot::answers(*info, context)) return;
  const uint32_t ticks =
      tick_timer::ticks_of(*info, clock_now.load(std::memory_order_relaxed) == Clock::kProcess);
  if (ticks == 0) {
    // A late tick of the process timer, after it was stopped, belongs to no thread.
    if (is_of_process_timer(number, *info)) return;
    return take_for_host(number, info, context);
  }
  if (is_recording()) record(ticks, context);
}

void remove_one_timer() {
  const int32_t timer = one_timer.exchange(tick_timer::kNone, std::memory_order_seq_cst);
  if (timer != tick_timer::kNone) tick_timer::take_back(timer);
}

// Each timer keeps a place in the user's queue of signals, which other programs want too.
void take_one_timer() {
  Clock threads_have = Clock::kThreads;
  if (!clock_now.compare_exchange_strong(threads_have, Clock::kOneTimer)) return;
  had_one_timer = true;
  raw_threads::stop();
  threads::for_each([](Thread& thread) {
    tick_timer::disarm_thread(thread);
    if (cpu_account::close(thread)) settle(thread, nullptr);
  });
  const int32_t timer = tick_timer::arm_one(tick_signal::held(), period_ns);
  one_timer.store(timer, std::memory_order_seq_cst);
  if (timer == tick_timer::kNone) tables::count(layout::kTimersFailed);
  // Pairs with disarm, which ends the clock first: one of both finds the timer.
  if (clock_now.load(std::memory_order_seq_cst) != Clock::kOneTimer) remove_one_timer();
}

void arm(Thread& thread) {
  if (clock_now.load(std::memory_order_acquire) != Clock::kThreads) return;
  if (tick_timer::armed_threads() >= most_timers) return take_one_timer();
  // 0: the signal is being yielded, and arm_all_threads comes to this thread.
  const int signal = tick_signal::held();
  if (signal == 0) return;
  const uint64_t first = first_expiry();
  cpu_account::open(thread, first);
  const int32_t tid = thread.tid.load(std::memory_order_relaxed);
  if (!tick_timer::arm_thread(thread, signal, first, period_ns)) {
    if (tick_timer::is_alive(tid)) take_one_timer();
    return;
  }
  // The thread may have ended meanwhile, or the signal may be the host's by now, and the
  // disarming thread found no timer. It stores first and then looks: one of both removes it.
  std::atomic_thread_fence(std::memory_order_seq_cst);
  const bool is_on =
      clock_now.load(std::memory_order_relaxed) == Clock::kThreads && tick_signal::held() == signal;
  if (!is_on || thread.tid.load(std::memory_order_acquire) == 0) tick_timer::disarm_thread(thread);
}

void arm_all_threads() {
  // Before the threads are looked through: one that begins meanwhile arms itself.
  clock_now.store(Clock::kThreads, std::memory_order_seq_cst);
  raw_threads::start(tick_signal::held(), period_ns, tick_consumers::give);
  threads::for_each(arm);
}

void disarm() {
  if (clock_now.exchange(Clock::kNone, std::memory_order_seq_cst) == Clock::kProcess)
    tick_timer::disarm_process();
  remove_one_timer();
  threads::for_each([](Thread& thread) { tick_timer::disarm_thread(thread); });
  raw_threads::stop();
}

// To another signal; the one that was held is the host's. `context`: of the handler that this is
// called in, else null.
void move_on(void* context) {
  const bool goes_on = is_recording();
  // The action stays until no timer is left: ticks on their way must not meet the default.
  if (tick_signal::let_go() == 0) return;
  disarm();
  if (context == nullptr && tick_signal::block_as_believed()) thread_state.believes_blocked = 0;
  const bool is_wanted = goes_on || signal_is_wanted.load(std::memory_order_relaxed);
  const bool is_taken = is_wanted && tick_signal::take_free(on_tick);
  if (context != nullptr) {
    tick_signal::unblock_after(context);
  } else if (is_taken) {
    tick_signal::unblock_here();
  }
  if (is_taken && goes_on) arm_all_threads();
}

// A runtime that sets actions by its own system calls makes threads soon after. A timer whose
// signal was ignored once may stay quiet, so all begin anew.
void look_after_signal() {
  const tick_signal::Fate fate = tick_signal::settle_fate();
  if (fate == tick_signal::Fate::kTaken) return move_on(nullptr);
  if (fate != tick_signal::Fate::kReset || clock_now.load() != Clock::kThreads) return;
  disarm();
  arm_all_threads();
}

}  // namespace

void thread_began(Thread& thread) {
  if (is_recording()) look_after_signal();
  raw_threads::begun(thread.tid.load(std::memory_order_relaxed));
  if (is_recording() && clock_now.load(std::memory_order_seq_cst) == Clock::kThreads) arm(thread);
}

void thread_ending(Thread& thread) {
  tick_timer::disarm_thread(thread);
  // Closed in any case: the record is another thread's next.
  if (cpu_account::close(thread) && is_recording()) settle(thread, nullptr);
}

bool holds_process_timer() {
  return clock_now.load(std::memory_order_relaxed) == Clock::kProcess;
}

void yield_signal(int number) {
  if (number == tick_signal::held()) move_on(nullptr);
  tick_signal::give_back(number);
}

bool hold_signal() {
  signal_is_wanted.store(true, std::memory_order_relaxed);
  return tick_signal::held() != 0 || tick_signal::take_free(on_tick);
}

namespace {

bool begin(uint64_t period, options::CpuClock clock) {
  period_ns = period;
  random_state.store(clock_source::monotonic_ns() << 32 ^ arch::thread_pointer(),
                     std::memory_order_relaxed);
  cpu_account::begin();
  recording.store(true, std::memory_order_release);
  const bool wants_itimer = clock == options::CpuClock::kItimer;
  // A forked child, and a recording that goes on, have their signal already.
  if (wants_itimer && (tick_signal::held() == SIGPROF ||
                       (tick_signal::held() == 0 && tick_signal::take(SIGPROF, on_tick)))) {
    clock_now.store(Clock::kProcess);
    return tick_timer::arm_process(first_expiry(), period_ns);
  }
  if (tick_signal::held() == 0 && !tick_signal::take_free(on_tick)) return false;
  tick_signal::unblock_here();
  most_timers = tick_timer::room_for_timers() / 2;
  arm_all_threads();
  return true;
}

}  // namespace

bool start(Consumer consumer, uint32_t mode, uint64_t period, options::CpuClock clock) {
  const bool is_first = !is_recording();
  tick_consumers::add(consumer, mode);
  return !is_first || begin(period, clock);
}

// The handler stays: a tick that is on its way must not meet the signal's default, which is death.
void stop(Consumer consumer) {
  const bool is_last = tick_consumers::count() == 1;
  const bool by_threads = clock_now.load(std::memory_order_relaxed) == Clock::kThreads;
  uint64_t settled = raw_threads::settle(consumer);
  if (is_last) {
    recording.store(false, std::memory_order_release);
    disarm();
  }
  threads::for_each([&](Thread& thread) {
    // A thread that ends now settles too: of the last two, only one gets true from close().
    const bool open = is_last ? cpu_account::close(thread)
                              : cpu_account::of(thread).open.load(std::memory_order_acquire);
    if (open) settled += settle(thread, consumer);
  });
  const uint64_t rest = by_threads ? cpu_account::rest_of_process(settled) : 0;
  if (rest != 0) consumer(nullptr, capture::pseudo(layout::kPcLost, 0), 0, rest);
  tick_consumers::remove(consumer);
}

void forget() {
  tick_consumers::remove_all();
  recording.store(false, std::memory_order_relaxed);
  clock_now.store(Clock::kNone, std::memory_order_relaxed);
  raw_threads::forget();
  tick_timer::forget();
  one_timer.store(tick_timer::kNone, std::memory_order_relaxed);
  had_one_timer = false;
}

void note(text::Builder& out) {
  tick_signal::note(out, had_one_timer);
  cpu_account::note(out);
}

}  // namespace ticks
