// Every thread of the process at the dump: its stack, its name, its number and what it does.
#include "collectors/threads/threads.h"

#include <sys/syscall.h>

#include "collectors/collector.h"
#include "collectors/counts/sample_table.h"
#include "collectors/cpu/ticks.h"
#include "collectors/snapshot/snapshot_on_demand.h"
#include "collectors/snapshot/thread_snapshot.h"
#include "collectors/timers/tick_signal.h"
#include "collectors/unwind/capture.h"
#include "env/sys/arch.h"
#include "env/sys/thread_state.h"
#include "tables/tables.h"

namespace {

uint32_t mode_index;
bool recording;

// A row's number: of the thread's record, which another has after it, so that a server that makes
// threads all the time does not fill the tables; of one without, its own.
uint32_t number_of(const thread_snapshot::Present& thread) {
  constexpr uint32_t kWithoutRecord = uint32_t{1} << 31;
  return thread.record != 0 ? thread.record : kWithoutRecord | static_cast<uint32_t>(thread.tid);
}

void add(const thread_snapshot::Present& thread) {
  const double one = 1;
  const uint64_t detail = uint64_t{number_of(thread)} << 32 | thread.state;
  const layout::Ref row =
      sample_table::add({mode_index, thread.stack, thread.labels, detail}, &one, 1);
  if (row == 0) return;
  // By one thread at a time: a call is.
  tables::made<layout::Sample>(row)->value[layout::kMaxValues - 1].store(thread.tid,
                                                                         std::memory_order_relaxed);
}

// Its ticks are the moments at which a thread may be asked.
void ticked(Thread*, layout::Ref, layout::Ref, uint64_t) {}

bool start(uint32_t mode, const options::Options& options) {
  mode_index = mode;
  ticks::hold_signal();
  if (!recording) waits::follow(true);
  recording = true;
  snapshot_on_demand::open(add);
  // The first of the modes sets their period.
  const bool wall_sets_it =
      options.modes.has(options::Mode::kWall) && !options.modes.has(options::Mode::kCpu);
  const uint64_t hz = wall_sets_it ? options.wall_hz : options.cpu_hz;
  return ticks::start(ticked, ticks::kNoMode, 1000000000 / hz, options.cpu_clock);
}

void stop() {
  if (!recording) return;
  snapshot_on_demand::close(add);
  ticks::stop(ticked);
  waits::follow(false);
  recording = false;
}

NOINLINE void look() {
  if (!recording) return;
  const Caller caller = CALLER_OF_THIS_FUNCTION();
  constexpr uint64_t kAnyNumber = ~uint64_t{0} << 32;
  sample_table::take_back(mode_index, kAnyNumber);
  const Thread* self = thread_state.thread;
  add({static_cast<int>(arch::syscall(SYS_gettid)), self != nullptr ? self->index + 1 : 0,
       labels::here(), tables::text("running"), capture::caller(caller)});
  thread_snapshot::take(tick_signal::held(), add);
}

}  // namespace

extern const Collector threads_collector;
const Collector threads_collector = {
    .name = "threads",
    .values = {{"threads", "count"}},
    .live_from = 1,
    .period_type = {"threads", "count"},
    .detail_kind = layout::DetailKind::kTextAndNumber,
    .detail_key = "state",
    .detail_unit = "tid",
    .start = start,
    .at_end = look,
    .stop = stop,
};
