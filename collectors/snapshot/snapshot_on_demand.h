// A roll call that another process requests (layout::Control::calls_wanted). The program's threads
// take it in slices, at a tick or before a call that may block. The profiler has no thread in the
// process, and wakes none for a roll call. A roll call reports the threads, or records the time of
// their open waits (open_waits.h).
#pragma once

#include <atomic>

#include "collectors/snapshot/other_thread.h"
#include "collectors/snapshot/thread_snapshot.h"
#include "collectors/unwind/stack_trace.h"
#include "collectors/waits/waits.h"
#include "env/sys/compiler/attributes.h"
#include "tables/tables.h"

namespace snapshot_on_demand {

using PresentTo = void (*)(const thread_snapshot::Present& thread);

// Callbacks that record the threads' times: `asked` as a call begins, then `settle` for each
// thread, then `settle_raw_thread` for each raw thread. `since_ns`: the time from which waits
// count. `own`: where the calling thread stands; null for other threads.
struct Settling {
  void (*asked)(uint64_t since_ns);
  void (*settle)(Thread& thread, uint64_t since_ns, const other_thread::Place* own);
  void (*settle_raw_thread)(int tid);
};

// How many answer.
inline constinit std::atomic<int> answerers{0};

// Sets the receiver of the threads, or of their times. After `close` no slice inspects anything,
// not even one that has begun. Context: start; stop.
void open(PresentTo present);
void open(const Settling& settling);
void close(PresentTo present);
void close(const Settling& settling);

// Relaxed: a slice that comes late, or finds nothing to do, is no harm. Context: any.
inline bool is_wanted() SIGNAL_SAFE {
  if (answerers.load(std::memory_order_relaxed) == 0 || !tables::is_open()) return false;
  const layout::Control& control = tables::header().control;
  return UNLIKELY(control.calls_wanted.load(std::memory_order_relaxed) !=
                  control.calls_answered.load(std::memory_order_relaxed));
}

// A slice, unless another thread is at it; the calling thread presents itself where it was
// interrupted, or as one that waits in `function` already. Context: handler of a tick; before the
// real call.
void interrupted(const void* context) SIGNAL_SAFE;
void on_call_entry(const Caller& caller, waits::Kind kind, const void* function) SIGNAL_SAFE;

// A slice goes on, or may begin. Context: any.
bool is_at_work();

// Between the two no slice is taken, of this thread or another: what one holds must not be copied
// by a fork, and code that it reads the tables of must not be unloaded. A slice is not waited for
// without limit. They nest. `frame`: of the host's function that called; once it is gone without a
// go_on, since a jump has left it, nothing is held off. Context: cold.
void hold_off(uint64_t frame);
void go_on();
// Its record may have been taken by a fork from a thread in the middle of anything. Context: the
// thread itself.
void thread_began(Thread& thread);
// What the thread holds off, and left by cancellation, is over. Context: the thread itself.
void thread_ending(Thread& thread);
// In a forked child: no thread holds anything.
void forget();

// The caller keeps the mode's rows, to write them into a file. No other call empties them until
// give_rows() or open() gives them back. Context: cold.
void keep_rows();
void give_rows();

// While it lives no thread takes a slice, and earlier requests are over: its owner takes one whole
// roll call. Context: cold.
class Pause {
 public:
  Pause();
  ~Pause();
  Pause(const Pause&) = delete;
  Pause& operator=(const Pause&) = delete;
  bool is_held() const { return is_held_; }

 private:
  bool is_held_;
};

}  // namespace snapshot_on_demand
