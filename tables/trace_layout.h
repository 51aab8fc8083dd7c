// The events of PROFILER_MODE=trace, as they lie in the tables (docs/decisions/0014-trace.md).
//
// Memory is taken in segments; each belongs to one thread, its only writer, until it is full or the
// thread has ended. Then it is the next but so many to be taken again: the oldest events go first.
// Nothing is ever half there: an event counts once its mark, written last, names the segment's
// present turn; what a reader has copied of it counts if its mark is the same after (a place may be
// used again after an event was taken back, and counts its uses), and if the segment's ordinal is.
#pragma once

#include "tables/layout.h"

namespace layout {

enum class TraceKind : uint8_t {
  kNone,         // taken back
  kThreadBegin,  // object: its creator, 0 for those that were there at the start; stack: of the
                 // call
  kThreadEnd,
  // detail: kind of wait; object: the lock, or the descriptor plus 1; value: the calling address,
  // or the call's name (Text).
  kWaitBegin,
  kWaitEnd,  // detail: and how it ended; value: the wake's number, or the call's result; stack
  kWake,     // detail: kind of wait; object: the lock; value: the wake's number; stack
  kSample,   // value: CPU time
  kCounter,  // detail: TraceCounter; value
  kFork,
  kExec,         // value: 0 before it, an error number after one that failed
  kRegionBegin,  // text
  kRegionEnd,
  kTaskBegin,  // object: its number; text
  kTaskEnd,    // object: its number
  kLog,        // text: category, zero byte, message
  kText,       // bytes of the text of the event before it
  kCount
};

enum class TraceCounter : uint8_t { kPeakResident, kLiveHeap, kCount };

// What a wait is for (collectors/waits/waits.h has the same numbers), in the low bits of a detail.
constexpr unsigned kWaitKindBits = 4;
constexpr const char* kWaitNames[] = {"running", "mutex", "rwlock_read", "rwlock_write", "spin",
                                      "condvar", "sem",   "join",        "barrier",      "once",
                                      "futex",   "sleep", "io",          "other"};
constexpr unsigned kWaitKinds = sizeof kWaitNames / sizeof kWaitNames[0];
// Above them: how it ended.
constexpr uint8_t kWaitTimedOut = 1 << kWaitKindBits, kWaitFailed = 2 << kWaitKindBits;
// From this kind on waits are for no other thread: `value` is a result, and no wake is known.
constexpr unsigned kFirstCall = 11;

struct TraceEvent {
  // The turn in the high half; `detail`, the place's uses and TraceKind (four bits) in the low one.
  // Stored last, with release.
  std::atomic<uint32_t> mark;
  AtomicRef stack;
  std::atomic<uint64_t> time_ns;  // CLOCK_MONOTONIC
  std::atomic<uint64_t> object, value;
};
constexpr uint32_t kTraceUse = 0x10, kTraceUses = 0xf0;
// kText: 28 bytes in place of all but the mark, zero bytes behind the last one.
constexpr unsigned kTraceTextBytes = 28;
constexpr unsigned kTraceTextSlots = 10;

constexpr unsigned kTraceSegmentBytes = 16 * 1024;
constexpr unsigned kTraceEvents = kTraceSegmentBytes / sizeof(TraceEvent) - 1;

struct TraceSegment {
  AtomicRef next;                 // the one made before it
  std::atomic<uint32_t> turn;     // counts its owners; the low half is never 0
  std::atomic<uint64_t> ordinal;  // of all segments taken; 0: it is being handed over
  std::atomic<uint32_t> serial;   // of the thread: numbers come back, this does not
  std::atomic<int32_t> tid;
  AtomicRef name;  // Text
  uint32_t pad;
  TraceEvent events[kTraceEvents];
};

struct Trace {
  AtomicRef segments;  // TraceSegment
  uint32_t pad;
  std::atomic<uint32_t> made, serials;
  std::atomic<uint64_t> opened;       // segments taken
  std::atomic<uint64_t> overwritten;  // of these, with events of before
  std::atomic<uint64_t> lost;         // events that found no segment
  // The segments that may be taken again, in the order in which they were given up: a ring of
  // (ticket << 32 | Ref), of which only the host knows the place and the length.
  std::atomic<uint64_t> head, tail;
};

static_assert(sizeof(TraceEvent) == 32 && sizeof(TraceSegment) == kTraceSegmentBytes);
static_assert(kWaitKinds <= 1 << kWaitKindBits);
static_assert(static_cast<unsigned>(TraceKind::kCount) <= kTraceUse);

}  // namespace layout
