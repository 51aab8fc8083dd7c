#include "collectors/wall.h"

#include "collectors/collector.h"
#include "collectors/core/capture.h"
#include "collectors/core/ledger.h"
#include "collectors/core/objects.h"
#include "collectors/core/other_thread.h"
#include "collectors/core/sample_table.h"
#include "collectors/core/threads.h"
#include "collectors/core/ticks.h"
#include "env/safe/clock.h"
#include "env/safe/tables.h"
#include "env/safe/thread_state.h"

namespace wall {

namespace {

using thread_times::State;

uint32_t mode_index;
uint64_t period_ns;
std::atomic<bool> recording;

// In the high half of a detail: time that a look adds, until the next look.
constexpr uint64_t kOfThisMoment = uint64_t{1} << 32;

bool is_recording() {
  return recording.load(std::memory_order_relaxed);
}

void add(layout::Ref stack, layout::Ref labels, State state, int64_t ns, uint64_t mark = 0) {
  if (!sample_table::is_armed(mode_index)) return;
  const auto time = static_cast<double>(ns);
  const double values[2] = {time / static_cast<double>(period_ns), time};
  const uint64_t detail = mark | tables::text(thread_times::name_of(state));
  sample_table::add({mode_index, stack, labels, detail}, values, 2);
}

void ran(Thread* thread, layout::Ref stack, layout::Ref labels, uint64_t cpu_ns) {
  if (!is_recording()) return;
  add(stack, labels, State::kRunning, static_cast<int64_t>(cpu_ns));
  // What others are told of at their end, or at ours, is no tick.
  if (thread == nullptr || thread != thread_state.thread) return;
  thread->times.last_stack.store(stack, std::memory_order_relaxed);
  if (thread->waits.now.kind.load(std::memory_order_relaxed) == 0) return;
  // This handler and the thread are the only writers.
  thread->waits.ran_ns.store(thread->waits.ran_ns.load(std::memory_order_relaxed) + cpu_ns,
                             std::memory_order_relaxed);
}

layout::Ref last_stack_of(const Thread& thread) {
  const layout::Ref last = thread.times.last_stack.load(std::memory_order_relaxed);
  return last != 0
             ? last
             : capture::pseudo(layout::kPcUnknown, reinterpret_cast<uint64_t>(thread.routine));
}

// What nobody has recorded, where the thread was last seen.
void add_rest(const Thread& thread, const thread_times::Sums& sums, uint64_t mark,
              layout::Ref stack) {
  const layout::Ref labels = labels::of(thread);
  const int64_t runnable = sums.ns[static_cast<unsigned>(State::kRunnable)];
  // Of calls for children and signals some is recorded already.
  const int64_t other =
      sums.ns[static_cast<unsigned>(State::kOther)] -
      thread.times.waited_ns[static_cast<unsigned>(State::kOther)].load(std::memory_order_relaxed);
  if (runnable > 0) add(last_stack_of(thread), labels, State::kRunnable, runnable, mark);
  if (other > 0)
    add(stack != 0 ? stack : last_stack_of(thread), labels, State::kOther, other, mark);
}

// Where a thread stands that waits in a call that nobody tells us of.
layout::Ref stack_in_kernel(const Thread& thread) {
  const int tid = thread.tid.load(std::memory_order_relaxed);
  blocked_call::Call call;
  layout::Ref stack = 0;
  const bool stands = &thread != thread_state.thread &&
                      blocked_call::of_thread(tid, &call) == blocked_call::Answer::kBlocked &&
                      other_thread::standing(tid, call, &stack);
  return stands ? stack : 0;
}

void look_at(const Thread& thread) {
  if (!thread.times.open.load(std::memory_order_acquire)) return;
  other_thread::Waiting wait;
  State state = State::kOther;
  uint64_t open_ns = 0;
  layout::Ref stack = 0;
  if (other_thread::waiting(thread, true, &wait)) {
    state = thread_times::state_of(wait.kind);
    const uint64_t now_ns = clock_source::monotonic_ns();
    const uint64_t ran_ns = thread.waits.ran_ns.load(std::memory_order_relaxed);
    open_ns = now_ns > wait.start_ns + ran_ns ? now_ns - wait.start_ns - ran_ns : 0;
    add(wait.stack, labels::of(thread), state, static_cast<int64_t>(open_ns), kOfThisMoment);
  } else {
    stack = stack_in_kernel(thread);
  }
  thread_times::Sums sums = thread_times::sums_of(thread, state, open_ns);
  ledger::add(thread, sums);
  if (state == State::kOther)
    sums.ns[static_cast<unsigned>(state)] -= static_cast<int64_t>(open_ns);
  add_rest(thread, sums, kOfThisMoment, stack);
}

// A wait out of which the thread was cancelled, or called pthread_exit in a handler: it lasts until
// here. Its frames are gone, the function that waited and the one that the thread began with are
// known.
void end_in_wait(Thread& thread) {
  const waits::Published& wait = thread.waits.now;
  const auto kind = static_cast<waits::Kind>(wait.kind.load(std::memory_order_relaxed));
  const uint64_t start_ns = wait.start_ns.load(std::memory_order_relaxed);
  if (kind == waits::Kind::kNone || start_ns < thread.times.begin_ns) return;
  const State state = thread_times::state_of(kind);
  const uint64_t ns = clock_source::monotonic_ns() - start_ns;
  const uint64_t ran_ns = thread.waits.ran_ns.load(std::memory_order_relaxed);
  thread_times::waited(thread, state, ns, ran_ns);
  const uint64_t function = wait.function.load(std::memory_order_relaxed);
  objects::find(function);
  add(capture::pseudo(function, reinterpret_cast<uint64_t>(thread.routine)), labels::of(thread),
      state, static_cast<int64_t>(ns) - static_cast<int64_t>(ran_ns));
}

void look() {
  if (!is_recording()) return;
  sample_table::take_back(mode_index, kOfThisMoment);
  ledger::begin();
  threads::for_each([](const Thread& thread) { look_at(thread); });
}

uint64_t period(const options::Options& options) {
  return 1000000000 / options.wall_hz;
}

bool start(uint32_t mode, const options::Options& options) {
  mode_index = mode;
  period_ns = period(options);
  ledger::forget();
  threads::for_each([](Thread& thread) { thread_times::begin(thread); });
  if (!recording.exchange(true)) waits::follow(true);
  return ticks::start(ran, mode, period_ns, options.cpu_clock);
}

void stop() {
  if (!is_recording()) return;
  ticks::stop(ran);
  recording.store(false, std::memory_order_relaxed);
  waits::follow(false);
}

}  // namespace

void waited(const waits::Wait& wait, uint64_t ns) {
  Thread* thread = thread_state.thread;
  if (!is_recording() || thread == nullptr) return;
  const State state = thread_times::state_of(wait.kind());
  const uint64_t ran_ns = wait.ran_ns();
  thread_times::waited(*thread, state, ns, ran_ns);
  const uint64_t exact_ns = wait.ran_is_exact() ? ran_ns : 0;
  const uint64_t recorded = thread_times::to_record(*thread, ns - exact_ns, period_ns);
  const uint64_t less = ran_ns - exact_ns;
  if (recorded == 0 && less == 0) return;
  const layout::Ref stack = capture::caller(wait.caller(), wait.function());
  thread->times.last_stack.store(stack, std::memory_order_relaxed);
  add(stack, labels::here(), state, static_cast<int64_t>(recorded) - static_cast<int64_t>(less));
}

void thread_began(Thread& thread) {
  if (is_recording()) thread_times::begin(thread);
}

void thread_ending(Thread& thread) {
  if (is_recording()) end_in_wait(thread);
  if (!thread.times.open.exchange(false, std::memory_order_acq_rel) || !is_recording()) return;
  const thread_times::Sums sums = thread_times::sums_of(thread, State::kOther, 0);
  ledger::add_ended(sums);
  add_rest(thread, sums, 0, 0);
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
    .detail_unit = nullptr,
    .start = wall::start,
    .at_end = wall::look,
    .stop = wall::stop,
    .note = ledger::write,
};
