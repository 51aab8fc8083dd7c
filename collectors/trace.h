// A timeline: what each thread waits for, which thread let it go on, where it runs, and what the
// host reports of its own work.
#pragma once

#include <cstdint>
#include <string_view>

#include "collectors/threads/threads.h"
#include "collectors/trace/trace_ring.h"
#include "collectors/waits/waits.h"
#include "collectors/waits/wakeups.h"

namespace trace {

// A wait is over. `result`: of a call that is not interposed. Context: the waiting thread.
enum class Outcome : uint8_t { kLetIn, kTimedOut, kFailed };
void waited(const waits::Wait& wait, Outcome outcome, int64_t result = 0) SIGNAL_SAFE;

// A wake, from before the real call (what it says to the waiters is there before they go on) to
// after it.
struct Wake {
  uint64_t number = 0;  // 0: no thread is notified, or no trace is made
  uint64_t time_ns = 0;
  const void* object = nullptr;
  waits::Kind kind = waits::Kind::kNone;
  wakeups::Notified notified = {};
};
enum class Whom { kAll, kReaders, kWriters, kOne };
// Context: the waking thread, before the real call.
Wake waking(waits::Kind kind, const void* object, Whom whom, unsigned most = 1) SIGNAL_SAFE;
// A semaphore's: `value` is what it had before.
Wake posting(const void* semaphore, unsigned value) SIGNAL_SAFE;
// After it. `most`: so many went on. Context: as above.
void woke(const Wake& wake, const Caller& caller, unsigned most = UINT32_MAX) SIGNAL_SAFE;

// Context: the maker, before the thread; the thread itself, as its first and its last.
void making_thread(Thread& thread, const Caller& caller);
void thread_began(Thread& thread);
void thread_ending(Thread& thread);

// Context: the parent, also where the fork failed for want of room.
void forked();
// 0 before the call; what it failed with after it.
void executing(int error);

// What the host says. Context: any thread, not in a handler.
void mark(layout::TraceKind kind, uint64_t object, std::string_view text) SIGNAL_SAFE;
uint64_t new_task() SIGNAL_SAFE;

}  // namespace trace
