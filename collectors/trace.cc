#include "collectors/trace.h"

#include "collectors/collector.h"
#include "collectors/cpu/ticks.h"
#include "collectors/heap.h"
#include "collectors/trace/resident_memory.h"
#include "collectors/unwind/capture.h"
#include "collectors/waits/timed_calls_switch.h"
#include "env/sys/clock.h"
#include "env/sys/text.h"
#include "env/sys/thread_state.h"
#include "tables/tables.h"

namespace trace {

using layout::TraceKind;

namespace {

uint64_t rate_ns;
std::atomic<bool> following;
std::atomic<uint64_t> tasks;

uint64_t period(const options::Options& options) {
  return 1000000000 / options.cpu_hz;
}

// A walk for each of a million waits a second would change what is seen (decision 9): shorter ones
// have the caller alone.
layout::Ref stack_of(const Caller& caller, uint64_t function, uint64_t waited_ns) {
  return waited_ns >= rate_ns ? capture::caller(caller, function)
                              : capture::caller_alone(caller, function);
}

void counted(layout::TraceCounter counter, uint64_t now_ns, uint64_t value) {
  trace_ring::append({.kind = TraceKind::kCounter,
                      .detail = static_cast<uint8_t>(counter),
                      .time_ns = now_ns,
                      .value = value});
}

void ran(Thread* thread, layout::Ref stack, layout::Ref, uint64_t cpu_ns) {
  // Time that is settled at another thread's end, or at the recording's end, is no tick.
  if (!trace_ring::is_on() || thread == nullptr || thread != thread_state.thread) return;
  const uint64_t now_ns = clock_source::monotonic_ns();
  trace_ring::append(
      {.kind = TraceKind::kSample, .stack = stack, .time_ns = now_ns, .value = cpu_ns});
  if (!resident_memory::is_due(now_ns)) return;
  uint64_t bytes = 0;
  if (resident_memory::peak(&bytes)) counted(layout::TraceCounter::kPeakResident, now_ns, bytes);
  if (heap::live_bytes(&bytes)) counted(layout::TraceCounter::kLiveHeap, now_ns, bytes);
}

bool start(uint32_t mode, const options::Options& options) {
  rate_ns = options.block_rate_ns;
  if (!trace_ring::open(mode, options.trace_buffer_bytes)) return false;
  if (!following.exchange(true)) {
    waits::follow(true);
    wakeups::follow(true);
  }
  timed_calls_switch::serve(mode, options.modes.has(options::Mode::kTrace));
  return ticks::start(ran, mode, period(options), options.cpu_clock);
}

void stop() {
  if (!following.exchange(false)) return;
  ticks::stop(ran);
  trace_ring::close();
  wakeups::follow(false);
  waits::follow(false);
}

Wake begun(waits::Kind kind, const void* object) {
  Wake wake;
  if (!trace_ring::is_on() || !waits::may_wait_for(object)) return wake;
  wake.number = trace_ring::new_wake();
  wake.time_ns = clock_source::monotonic_ns();
  wake.object = object;
  wake.kind = kind;
  return wake;
}

Wake notified(Wake wake, wakeups::Notified whom) {
  wake.notified = whom;
  if (whom.count == 0) wake.number = 0;
  return wake;
}

}  // namespace

void waited(const waits::Wait& wait, Outcome outcome, int64_t result) {
  if (!trace_ring::is_on()) return;
  const bool is_call = static_cast<unsigned>(wait.kind()) >= layout::kFirstCall;
  const uint64_t start_ns = wait.start_ns();
  trace_ring::append(
      {.kind = TraceKind::kWaitEnd,
       .detail = static_cast<uint8_t>(static_cast<unsigned>(wait.kind()) |
                                      static_cast<unsigned>(outcome) << layout::kWaitKindBits),
       .stack = stack_of(wait.caller(), is_call ? wait.function() : 0, wait.end_ns() - start_ns),
       .time_ns = wait.end_ns(),
       .object = reinterpret_cast<uint64_t>(wait.object()),
       .value = is_call ? static_cast<uint64_t>(result) : wait.wake()});
}

Wake waking(waits::Kind kind, const void* object, Whom whom, unsigned most) {
  const Wake wake = begun(kind, object);
  if (wake.number == 0) return wake;
  switch (whom) {
    case Whom::kAll:
      return notified(wake, wakeups::tell_all(object, wake.number));
    case Whom::kReaders:
      return notified(wake, wakeups::tell_all(object, waits::Kind::kReadLock, wake.number));
    case Whom::kWriters:
      return notified(wake, wakeups::tell_all(object, waits::Kind::kWriteLock, wake.number));
    default:
      return notified(wake, wakeups::tell_oldest(object, wake.number, most));
  }
}

Wake posting(const void* semaphore, unsigned value) {
  const Wake wake = begun(waits::Kind::kSemaphore, semaphore);
  if (wake.number == 0) return wake;
  wakeups::Notified whom = wakeups::tell_oldest(semaphore, wake.number, 1);
  if (whom.count == 0 && value == 0) whom = wakeups::tell_anew(semaphore, wake.number);
  return notified(wake, whom);
}

void woke(const Wake& wake, const Caller& caller, unsigned most) {
  if (wake.number == 0) return;
  if (most < wake.notified.count) wakeups::keep(wake.object, wake.number, most);
  if (most == 0 || !trace_ring::is_on()) return;
  // A waiter that came between the two readings of the clock has not waited yet.
  const uint64_t oldest_ns = wake.notified.oldest_ns;
  const uint64_t waited_ns = wake.time_ns > oldest_ns ? wake.time_ns - oldest_ns : 0;
  trace_ring::append({.kind = TraceKind::kWake,
                      .detail = static_cast<uint8_t>(wake.kind),
                      .stack = stack_of(caller, 0, waited_ns),
                      .time_ns = wake.time_ns,
                      .object = reinterpret_cast<uint64_t>(wake.object),
                      .value = wake.number});
}

void making_thread(Thread& thread, const Caller& caller) {
  if (!trace_ring::is_on() || thread_state.thread == nullptr) return;
  trace_ring::of(thread).made_by = trace_ring::serial_of(trace_ring::of(*thread_state.thread));
  trace_ring::of(thread).made_at = capture::caller(caller);
}

void thread_began(Thread& thread) {
  if (!trace_ring::is_on()) return;
  trace_ring::append({.kind = TraceKind::kThreadBegin,
                      .stack = trace_ring::of(thread).made_at,
                      .time_ns = clock_source::monotonic_ns(),
                      .object = trace_ring::of(thread).made_by});
}

// The thread itself notifies the waiters for its end: nothing else ends that wait.
void thread_ending(Thread& thread) {
  if (trace_ring::is_on()) {
    const auto* self = reinterpret_cast<const void*>(thread.self);
    const Wake wake = waking(waits::Kind::kJoin, self, Whom::kAll);
    trace_ring::append({.kind = TraceKind::kThreadEnd,
                        .time_ns = clock_source::monotonic_ns(),
                        .object = reinterpret_cast<uint64_t>(self),
                        .value = wake.number});
  }
  trace_ring::thread_ending(trace_ring::of(thread));
  trace_ring::of(thread).made_by = trace_ring::of(thread).made_at = 0;
}

void forked() {
  if (!trace_ring::is_on()) return;
  trace_ring::append({.kind = TraceKind::kFork, .time_ns = clock_source::monotonic_ns()});
}

void executing(int error) {
  if (!trace_ring::is_on()) return;
  trace_ring::append({.kind = TraceKind::kExec,
                      .time_ns = clock_source::monotonic_ns(),
                      .value = static_cast<uint64_t>(error)});
}

void mark(TraceKind kind, uint64_t object, std::string_view text) {
  if (!trace_ring::is_on()) return;
  trace_ring::append({.kind = kind, .time_ns = clock_source::monotonic_ns(), .object = object},
                     text);
}

uint64_t new_task() {
  return trace_ring::is_on() ? tasks.fetch_add(1, std::memory_order_relaxed) + 1 : 0;
}

}  // namespace trace

extern const Collector trace_collector;
const Collector trace_collector = {
    .name = "trace",
    .values = {{"events", "count"}},
    .live_from = 1,
    .period_type = {"cpu", "nanoseconds"},
    .period = trace::period,
    .start = trace::start,
    .stop = trace::stop,
};
