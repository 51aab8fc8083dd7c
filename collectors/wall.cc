#include "collectors/wall.h"

#include "collectors/collector.h"
#include "collectors/counts/sample_table.h"
#include "collectors/cpu/ticks.h"
#include "collectors/snapshot/snapshot_on_demand.h"
#include "collectors/threads/threads.h"
#include "collectors/unwind/capture.h"
#include "collectors/unwind/objects.h"
#include "collectors/waits/timed_calls_switch.h"
#include "collectors/wall/open_waits.h"
#include "collectors/wall/raw_thread_times.h"
#include "collectors/wall/thread_time_report.h"
#include "env/sys/clock.h"
#include "env/sys/thread_state.h"
#include "tables/tables.h"

namespace wall {

namespace {

using thread_times::State;

uint32_t mode_index;
uint64_t period_ns;
// A request arms it; else it records from the start to the end.
bool on_demand, started;
// The round of recording whose accounts are open; 0: nothing is recorded.
std::atomic<uint32_t> round, last_round;

uint32_t round_now() {
  return round.load(std::memory_order_relaxed);
}

// The agent does not notify any thread that it wants no more: the first thread that sees it ends
// the round. If the agent armed the mode again and found the round unchanged, the round goes on.
bool is_wanted() {
  uint32_t ours = round_now();
  if (ours == 0) return false;
  if (!on_demand || sample_table::is_armed(mode_index)) return true;
  if (!round.compare_exchange_strong(ours, 0, std::memory_order_seq_cst)) return false;
  uint32_t none = 0;
  return sample_table::is_armed(mode_index) && round.compare_exchange_strong(none, ours);
}

void begin_round(uint64_t since_ns) {
  const uint32_t number = last_round.fetch_add(1, std::memory_order_relaxed) + 1;
  raw_thread_times::begin(since_ns);
  round.store(number, std::memory_order_seq_cst);
}

// Acquire: pairs with the release at the account's beginning.
bool is_open(const Thread& thread) {
  return thread_times::of(thread).round.load(std::memory_order_acquire) == round_now();
}

void record(layout::Ref stack, layout::Ref labels, layout::Ref state, int64_t ns) {
  if (ns == 0 || !sample_table::is_armed(mode_index)) return;
  const auto time = static_cast<double>(ns);
  const double values[2] = {time / static_cast<double>(period_ns), time};
  sample_table::add({mode_index, stack, labels, state}, values, 2);
}

void add(layout::Ref stack, layout::Ref labels, State state, int64_t ns) {
  record(stack, labels, tables::text(thread_times::name_of(state)), ns);
}

void ran(Thread* thread, layout::Ref stack, layout::Ref labels, uint64_t cpu_ns) {
  if (!is_wanted()) return;
  add(stack, labels, State::kRunning, static_cast<int64_t>(cpu_ns));
  // Time that is settled at another thread's end, or at the recording's end, is no tick.
  if (thread == nullptr || thread != thread_state.thread) return;
  thread_times::of(*thread).last_stack.store(stack, std::memory_order_relaxed);
  if (waits::of(*thread).now.kind.load(std::memory_order_relaxed) == 0) return;
  // This handler and the thread are the only writers.
  waits::of(*thread).ran_ns.store(
      waits::of(*thread).ran_ns.load(std::memory_order_relaxed) + cpu_ns,
      std::memory_order_relaxed);
}

// A wait out of which the thread was cancelled, or called pthread_exit in a handler: it lasts until
// here. Its frames are gone, the function that waited and the one that the thread began with are
// known.
void end_in_wait(Thread& thread) {
  const waits::Published& wait = waits::of(thread).now;
  const auto kind = static_cast<waits::Kind>(wait.kind.load(std::memory_order_relaxed));
  const uint64_t start_ns = wait.start_ns.load(std::memory_order_relaxed);
  if (kind == waits::Kind::kNone || start_ns < thread_times::of(thread).begin_ns) return;
  const State state = thread_times::state_of(kind);
  const uint64_t ns = clock_source::monotonic_ns() - start_ns;
  const uint64_t ran_ns = waits::of(thread).ran_ns.load(std::memory_order_relaxed);
  waits::of(thread).now.kind.store(0, std::memory_order_relaxed);
  const uint64_t less = ran_ns + waits::take_already_recorded(waits::of(thread), start_ns);
  thread_times::waited(thread, state, ns, less);
  const uint64_t function = wait.function.load(std::memory_order_relaxed);
  objects::find(function);
  add(capture::pseudo(function, reinterpret_cast<uint64_t>(thread.routine)), labels::of(thread),
      state, static_cast<int64_t>(ns) - static_cast<int64_t>(less));
}

// A file is to be written.
void look() {
  if (!is_wanted()) return;
  thread_time_report::begin();
  threads::for_each([](Thread& thread) {
    if (!is_open(thread)) return;
    const int tid = thread.tid.load(std::memory_order_relaxed);
    const thread_times::Sums sums = open_waits::settle(thread, period_ns, nullptr, record);
    if (sums.is_whole) thread_time_report::add(thread, tid, sums);
  });
  raw_thread_times::settle_all(record);
}

// Another process requests it.
void asked(uint64_t since_ns) {
  timed_calls_switch::settle();
  if (!on_demand || is_wanted() || !sample_table::is_armed(mode_index)) return;
  begin_round(since_ns);
  layout::Control& control = tables::header().control;
  control.times_since_ns.store(since_ns, std::memory_order_relaxed);
  control.times_call.store(control.calls_wanted.load(std::memory_order_relaxed),
                           std::memory_order_relaxed);
}

void settle(Thread& thread, uint64_t asked_ns, const other_thread::Place* own) {
  if (round_now() == 0) return;
  if (is_open(thread)) {
    open_waits::settle(thread, period_ns, own, record);
  } else {
    open_waits::begin(thread, round_now(), asked_ns, own);
  }
}

void settle_raw_thread(int tid) {
  if (round_now() != 0) raw_thread_times::settle(tid, record);
}

constexpr snapshot_on_demand::Settling settling{asked, settle, settle_raw_thread};

uint64_t period(const options::Options& options) {
  return 1000000000 / options.wall_hz;
}

void begin_account(Thread& thread) {
  thread_times::begin(thread, round_now(), clock_source::monotonic_ns());
}

bool start(uint32_t mode, const options::Options& options) {
  mode_index = mode;
  period_ns = period(options);
  on_demand = !options.modes.has(options::Mode::kWall);
  thread_time_report::forget();
  if (!started) waits::follow(true);
  started = true;
  // Also after an exec that failed, amid what a client has requested.
  if (!on_demand || sample_table::is_armed(mode)) {
    begin_round(clock_source::monotonic_ns());
    threads::for_each(begin_account);
  } else {
    round.store(0, std::memory_order_relaxed);
  }
  timed_calls_switch::serve(mode, !on_demand);
  snapshot_on_demand::open(settling);
  return ticks::start(ran, mode, period_ns, options.cpu_clock);
}

void stop() {
  if (!started) return;
  snapshot_on_demand::close(settling);
  ticks::stop(ran);
  round.store(0, std::memory_order_relaxed);
  waits::follow(false);
  started = false;
}

}  // namespace

void waited(const waits::Wait& wait, uint64_t ns) {
  Thread* thread = thread_state.thread;
  if (thread == nullptr || !is_wanted() || !is_open(*thread)) return;
  const State state = thread_times::state_of(wait.kind());
  uint64_t ran_ns = wait.ran_ns();
  // A wait that began before the account counts only from the account's begin.
  if (const uint64_t begin_ns = thread_times::of(*thread).begin_ns; wait.start_ns() < begin_ns) {
    ns = wait.end_ns() > begin_ns ? wait.end_ns() - begin_ns : 0;
    if (ran_ns > ns) ran_ns = ns;
  }
  const uint64_t already_recorded_ns =
      wait.already_recorded_ns() < ns ? wait.already_recorded_ns() : ns;
  thread_times::waited(*thread, state, ns, ran_ns + already_recorded_ns);
  const uint64_t exact_ns = wait.ran_is_exact() ? ran_ns : 0;
  const uint64_t less = ran_ns - exact_ns + already_recorded_ns;
  const uint64_t recorded = thread_times::to_record(*thread, ns - exact_ns, period_ns);
  if (recorded == 0 && less == 0) return;
  const layout::Ref stack = capture::caller(wait.caller(), wait.function());
  thread_times::of(*thread).last_stack.store(stack, std::memory_order_relaxed);
  add(stack, labels::here(), state, static_cast<int64_t>(recorded) - static_cast<int64_t>(less));
}

void thread_began(Thread& thread) {
  if (round_now() != 0) begin_account(thread);
}

void thread_ending(Thread& thread) {
  if (round_now() != 0 && is_open(thread)) end_in_wait(thread);
  const uint32_t its_round = thread_times::of(thread).round.exchange(0, std::memory_order_acq_rel);
  if (its_round == 0 || its_round != round_now()) return;
  thread_time_report::add_ended(open_waits::settle_ending(thread, record));
}

}  // namespace wall

extern const Collector wall_collector;
const Collector wall_collector = {
    .name = "wall",
    .value_count = 2,
    .values = {{"samples", "count"}, {"wall", "nanoseconds"}},
    .default_value = 1,
    .live_from = 2,
    .period_type = {"wall", "nanoseconds"},
    .period = wall::period,
    .detail_kind = layout::DetailKind::kText,
    .detail_key = "state",
    .start = wall::start,
    .at_end = wall::look,
    .stop = wall::stop,
    .note = thread_time_report::write,
};
