// The events of the trace, as threads write them: each into a segment of its own, without a system
// call, a lock or a word that other threads write (tables/trace_layout.h).
#pragma once

#include <cstdint>
#include <string_view>

#include "collectors/threads/thread_part.h"
#include "env/sys/compiler/attributes.h"
#include "tables/trace_layout.h"

namespace trace_ring {

// What a thread keeps of it.
struct OfThread {
  HIDDEN static const uint32_t kPlace;  // in a thread's record
  // Ref of its segment in the high half, events taken of it in the low one: both in one word, so
  // that a handler which takes the next segment leaves what it interrupted its own place.
  std::atomic<uint64_t> cursor;
  uint64_t writing_sp;  // where the outermost write stands, 0: none
  uint32_t serial;      // of the thread, 0: it has written nothing
  uint32_t wakes;       // numbers that it has given
  uint32_t made_by;     // the serial of its creator, 0: it was there before
  layout::Ref made_at;  // the stack of that call
};
inline OfThread& of(Thread& thread) {
  return threads::part<OfThread>(thread);
}
inline const OfThread& of(const Thread& thread) {
  return threads::part<OfThread>(thread);
}

struct Event {
  layout::TraceKind kind;
  uint8_t detail = 0;
  layout::Ref stack = 0;
  uint64_t time_ns = 0;
  uint64_t object = 0, value = 0;
};

// Room for `bytes` of events, of which memory is taken when it is needed. False without memory.
// Context: start; forked child.
bool open(uint32_t mode, uint64_t bytes);
void close();

// HIDDEN: found by its distance, not through the GOT.
HIDDEN extern std::atomic<bool> recording;
// Whether events are wanted now. Context: any.
bool is_armed() SIGNAL_SAFE;
inline bool is_on() SIGNAL_SAFE {
  return UNLIKELY(recording.load(std::memory_order_relaxed)) && is_armed();
}

// Where an event lies, to be taken back; 0: it found no room.
using Place = uint64_t;

// Context: any; a thread without a record loses the event.
Place append(const Event& event) SIGNAL_SAFE;
// The same with a text of at most kTraceTextSlots slots; the rest is cut off.
Place append(const Event& event, std::string_view text) SIGNAL_SAFE;
// The event was none after all. Context: the thread that wrote it.
void take_back(Place place) SIGNAL_SAFE;

// A number for a wake of the calling thread's: none other has it. 0: the thread is not known.
// Context: any.
uint64_t new_wake() SIGNAL_SAFE;

// A thread begins with this record; what its maker wrote into it stays. Context: the thread itself.
void begin(OfThread& thread);

// The thread's serial, given now if it has none. Context: any; the thread itself or its maker.
uint32_t serial_of(OfThread& thread) SIGNAL_SAFE;
// The thread's name from here on. Context: any thread.
void named(const OfThread& thread, layout::Ref name) SIGNAL_SAFE;

// Its segment belongs to other threads. Context: the thread itself.
void thread_ending(OfThread& thread);

}  // namespace trace_ring
