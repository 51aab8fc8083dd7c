#include "collectors/life/thread.h"

#include <cstddef>

#include "collectors/cpu/ticks.h"
#include "collectors/snapshot/snapshot_on_demand.h"
#include "collectors/threads/labels.h"
#include "collectors/timers/tick_signal.h"
#include "collectors/trace.h"
#include "collectors/wall.h"
#include "env/sys/thread_state.h"

#define PLACE(Part, field) constinit const uint32_t Part::kPlace = offsetof(threads::Record, field)
PLACE(tick_timer::OfThread, timer);
PLACE(cpu_account::Account, cpu);
PLACE(thread_snapshot::Called, call);
PLACE(snapshot_on_demand::HeldOff, held_off);
PLACE(thread_times::Account, times);
PLACE(waits::OfThread, waits);
PLACE(trace_ring::OfThread, trace);
#undef PLACE

namespace threads {

static_assert(offsetof(Record, thread) == 0, "a Thread is the beginning of its record");
constinit const uint32_t record_size = sizeof(Record);

namespace {

void name(Thread& thread, layout::Ref text) {
  labels::named(thread, text);
  trace_ring::named(trace_ring::of(thread), text);
}

// Others see the thread when all its parts are as a new thread has them.
void begin_parts(Thread& thread) {
  tick_timer::disarm_thread(thread);  // one that was made for the record's last thread, too late
  snapshot_on_demand::thread_began(thread);
  labels::begin(thread);
  name(thread, name_in_kernel());
  waits::begin(waits::of(thread));
  trace_ring::begin(trace_ring::of(thread));
  publish(thread);
}

}  // namespace

void begin(Thread& thread, uint64_t stack_size) {
  take_on(thread, stack_size);
  begin_parts(thread);
  if (UNLIKELY(thread_state.believes_blocked != 0)) tick_signal::unblock_here();
  wall::thread_began(thread);
  trace::thread_began(thread);
  ticks::thread_began(thread);
}

void begin_main(Thread& thread) {
  take_on_main(thread);
  begin_parts(thread);
}

void begin_again() {
  take_on_again();
  begin_parts(*thread_state.thread);
}

void end(Thread& thread) {
  snapshot_on_demand::thread_ending(thread);
  wall::thread_ending(thread);
  ticks::thread_ending(thread);
  // Behind all that writes events: the record is another thread's next.
  trace::thread_ending(thread);
  waits::thread_ending(waits::of(thread));
  leave(thread);
}

void named(const char* text) {
  if (thread_state.thread != nullptr) name(*thread_state.thread, name_text(text));
}

void named(pthread_t handle, const char* text) {
  const layout::Ref ref = name_text(text);
  for_each([&](Thread& thread) {
    if (thread.self == handle) name(thread, ref);
  });
}

void forget_others() {
  for_each_record([](Thread& thread) {
    // Neither timers nor CPU time are inherited. Also a record that is free may have the number of
    // one: here that would be another's, the host's say.
    tick_timer::of(thread).timer.store(tick_timer::kNone, std::memory_order_relaxed);
    thread_snapshot::of(thread).timer = tick_timer::kNone;
    cpu_account::of(thread).open.store(false, std::memory_order_relaxed);
    const bool is_free = thread.tid.load(std::memory_order_relaxed) == 0;
    if (!is_free && &thread != thread_state.thread) release(thread);
  });
}

}  // namespace threads
