#include "collectors/trace/trace_ring.h"

#include "collectors/threads/threads.h"
#include "collectors/trace/trace_queue.h"
#include "env/sys/clock.h"
#include "env/sys/frames.h"
#include "env/sys/text.h"
#include "env/sys/thread_state.h"
#include "tables/tables.h"

namespace trace_ring {

using layout::Ref;
using layout::Trace;
using layout::TraceEvent;
using layout::TraceSegment;

constinit std::atomic<bool> recording;

namespace {

uint32_t mode_index;
Ref own_trace;           // what the header says only whether these tables have a trace
uint32_t tables_number;  // changes with each tables

Trace* the_trace() {
  if (!tables::is_open()) return nullptr;
  // pairs with the release store in open()
  const Ref ref = tables::header().trace.load(std::memory_order_acquire);
  return ref == 0 ? nullptr : tables::at<Trace>(own_trace);
}

void hand_over(Trace& trace, TraceSegment& segment, const Thread& thread) {
  if (segment.ordinal.load(std::memory_order_relaxed) != 0) {
    trace.overwritten.fetch_add(1, std::memory_order_relaxed);
  }
  segment.ordinal.store(0, std::memory_order_relaxed);
  // A reader that sees anything of what follows finds another ordinal than before.
  std::atomic_thread_fence(std::memory_order_release);
  uint32_t turn = segment.turn.load(std::memory_order_relaxed) + 1;
  if ((turn & 0xffff) == 0) turn++;
  segment.turn.store(turn, std::memory_order_relaxed);
  segment.serial.store(of(thread).serial, std::memory_order_relaxed);
  segment.tid.store(thread.tid.load(std::memory_order_relaxed), std::memory_order_relaxed);
  segment.name.store(thread.name.load(std::memory_order_relaxed), std::memory_order_relaxed);
  const uint64_t ordinal = trace.opened.fetch_add(1, std::memory_order_relaxed) + 1;
  segment.ordinal.store(ordinal, std::memory_order_release);
  tables::header().modes[mode_index].samples.fetch_add(1, std::memory_order_relaxed);
  tables::header().last_sample_ns.store(clock_source::coarse_monotonic_ns(),
                                        std::memory_order_relaxed);
}

// The next segment, of which `slots` are taken; 0: none is to be had.
COLD NOINLINE uint64_t next_segment(Thread& thread, unsigned slots) {
  Trace* trace = the_trace();
  if (trace == nullptr) return 0;
  Ref fresh = trace_queue::make(*trace);
  if (fresh == 0) fresh = trace_queue::take_oldest(*trace);
  auto* segment = tables::at<TraceSegment>(fresh);
  if (segment == nullptr) {
    if (fresh != 0) tables::count(layout::kDamaged);
    trace->lost.fetch_add(1, std::memory_order_relaxed);
    // It counts on with each event that is lost, and may not count over.
    const uint64_t at = of(thread).cursor.load(std::memory_order_relaxed);
    of(thread).cursor.store(at >> 32 << 32 | layout::kTraceEvents, std::memory_order_relaxed);
    return 0;
  }
  serial_of(of(thread));
  hand_over(*trace, *segment, thread);
  const auto before = static_cast<Ref>(of(thread).cursor.load(std::memory_order_relaxed) >> 32);
  if (before != 0) trace_queue::give_up(*trace, before);
  of(thread).cursor.store(uint64_t{fresh} << 32 | slots, std::memory_order_relaxed);
  return uint64_t{fresh} << 32;
}

void lose() {
  Trace* trace = the_trace();
  if (trace != nullptr) trace->lost.fetch_add(1, std::memory_order_relaxed);
}

// A place: the segment, its turn, a number of the tables, the index of the event.
constexpr unsigned kIndexBits = 9, kTurnShift = 16;
constexpr uint32_t kIndexMask = (1u << kIndexBits) - 1;
static_assert(layout::kTraceEvents <= kIndexMask);

Ref segment_of(Place place) {
  return static_cast<Ref>(place >> 32);
}

TraceEvent& event_at(Place place) {
  return tables::made<TraceSegment>(segment_of(place))
      ->events[static_cast<uint32_t>(place) & kIndexMask];
}

// What tells the event from a later one at the same place.
uint32_t owner_of(uint32_t turn) {
  return turn << kTurnShift | (tables_number << kIndexBits & 0xffff);
}

Place owned(uint64_t cursor) {
  const auto& segment = *tables::made<TraceSegment>(segment_of(cursor));
  return cursor | owner_of(segment.turn.load(std::memory_order_relaxed));
}

// Call it before writing: a later owner of the segment must not get the event.
uint32_t mark_of(Place place, layout::TraceKind kind, uint8_t detail) {
  const uint32_t turn = tables::made<TraceSegment>(static_cast<Ref>(place >> 32))
                            ->turn.load(std::memory_order_relaxed);
  const uint32_t uses = event_at(place).mark.load(std::memory_order_relaxed) + layout::kTraceUse;
  return turn << 16 | uint32_t{detail} << 8 | (uses & layout::kTraceUses) |
         static_cast<uint32_t>(kind);
}

// All stores are relaxed but the mark's.
void write(Place place, const Event& event) {
  TraceEvent& to = event_at(place);
  const uint32_t mark = mark_of(place, event.kind, event.detail);
  to.stack.store(event.stack, std::memory_order_relaxed);
  to.time_ns.store(event.time_ns, std::memory_order_relaxed);
  to.object.store(event.object, std::memory_order_relaxed);
  to.value.store(event.value, std::memory_order_relaxed);
  to.mark.store(mark, std::memory_order_release);
}

void write_text(Place place, std::string_view text) {
  TraceEvent& to = event_at(place);
  const uint32_t mark = mark_of(place, layout::TraceKind::kText, 0);
  char bytes[layout::kTraceTextBytes] = {};
  __builtin_memcpy(bytes, text.data(), text.size());
  uint64_t words[3];
  uint32_t first;
  __builtin_memcpy(&first, bytes, sizeof first);
  __builtin_memcpy(words, bytes + sizeof first, sizeof words);
  to.stack.store(first, std::memory_order_relaxed);
  to.time_ns.store(words[0], std::memory_order_relaxed);
  to.object.store(words[1], std::memory_order_relaxed);
  to.value.store(words[2], std::memory_order_relaxed);
  to.mark.store(mark, std::memory_order_release);
}

// A handler that interrupts a write and finds the segment full loses its event: the segment may not
// be given away while a write into it is under way. `sp` of the frame that writes.
class Writing {
 public:
  ALWAYS_INLINE explicit Writing(OfThread& thread) : thread_(thread), before_(thread.writing_sp) {
    const auto sp = reinterpret_cast<uint64_t>(__builtin_frame_address(0));
    is_outermost_ = LIKELY(before_ == 0) || frames::is_gone(before_, sp);
    if (is_outermost_) thread_.writing_sp = sp;
    std::atomic_signal_fence(std::memory_order_seq_cst);
  }
  ALWAYS_INLINE ~Writing() {
    std::atomic_signal_fence(std::memory_order_seq_cst);
    if (is_outermost_) thread_.writing_sp = 0;
  }
  Writing(const Writing&) = delete;
  Writing& operator=(const Writing&) = delete;
  bool is_outermost() const { return is_outermost_; }

 private:
  OfThread& thread_;
  uint64_t before_;
  bool is_outermost_;
};

// `slots` in a row, 0 without room.
Place reserve(Thread& thread, unsigned slots, const Writing& writing) {
  const uint64_t at = of(thread).cursor.fetch_add(slots, std::memory_order_relaxed);
  if (LIKELY(at >> 32 != 0 && static_cast<uint32_t>(at) + slots <= layout::kTraceEvents)) return at;
  if (writing.is_outermost()) return next_segment(thread, slots);
  lose();
  return 0;
}

}  // namespace

bool is_armed() {
  return tables::is_open() &&
         tables::header().modes[mode_index].armed.load(std::memory_order_relaxed) != 0;
}

bool open(uint32_t mode, uint64_t bytes) {
  mode_index = mode;
  if (the_trace() != nullptr) {
    // After an exec that failed it goes on, and so do the threads' segments.
    recording.store(true, std::memory_order_relaxed);
    return true;
  }
  tables_number++;
  threads::for_each([](Thread& thread) { begin(of(thread)); });
  own_trace = tables::allocate(sizeof(Trace));
  if (own_trace == 0) return false;
  if (!trace_queue::open(static_cast<uint32_t>(bytes / sizeof(TraceSegment)))) return false;
  tables::header().trace.store(own_trace, std::memory_order_release);
  recording.store(true, std::memory_order_relaxed);
  return true;
}

void close() {
  recording.store(false, std::memory_order_relaxed);
}

Place append(const Event& event) {
  Thread* thread = thread_state.thread;
  if (UNLIKELY(thread == nullptr)) {
    lose();
    return 0;
  }
  const Writing writing(of(*thread));
  const Place place = reserve(*thread, 1, writing);
  if (UNLIKELY(place == 0)) return 0;
  write(place, event);
  return owned(place);
}

Place append(const Event& event, std::string_view text) {
  Thread* thread = thread_state.thread;
  if (thread == nullptr) {
    lose();
    return 0;
  }
  constexpr size_t kMost = layout::kTraceTextSlots * layout::kTraceTextBytes;
  if (text.size() > kMost) text = text::part(text, 0, kMost);
  constexpr size_t kEach = layout::kTraceTextBytes;
  const auto slots = static_cast<unsigned>((text.size() + kEach - 1) / kEach);
  const Writing writing(of(*thread));
  const Place place = reserve(*thread, 1 + slots, writing);
  if (place == 0) return 0;
  write(place, event);
  for (unsigned i = 0; i < slots; i++)
    write_text(place + 1 + i, text::part(text, i * kEach, kEach));
  return owned(place);
}

// A handler may have moved the thread on to another segment, and this one may be another thread's.
// The marks of its events have another turn, so the exchange fails, or they overwrite this mark.
void take_back(Place place) {
  Thread* thread = thread_state.thread;
  const auto owner = static_cast<uint32_t>(place) & ~kIndexMask;
  // A child forked in a handler has other tables.
  if (place == 0 || thread == nullptr || owner != owner_of(owner >> kTurnShift)) return;
  std::atomic<uint32_t>& mark = event_at(place).mark;
  uint32_t written = mark.load(std::memory_order_relaxed);
  if (written >> 16 != owner >> kTurnShift) return;
  static_assert(static_cast<unsigned>(layout::TraceKind::kNone) == 0);
  const uint32_t none = written & (0xffff0000 | layout::kTraceUses);
  if (!mark.compare_exchange_strong(written, none, std::memory_order_relaxed)) return;
  const uint64_t before = place & ~uint64_t{owner};
  uint64_t last = before + 1;
  of(*thread).cursor.compare_exchange_strong(last, before, std::memory_order_relaxed);
}

void begin(OfThread& thread) {
  thread.cursor.store(0, std::memory_order_relaxed);
  thread.writing_sp = 0;
  thread.serial = thread.wakes = 0;
}

uint32_t serial_of(OfThread& thread) {
  if (thread.serial == 0) {
    Trace* trace = the_trace();
    if (trace == nullptr) return 0;
    thread.serial = trace->serials.fetch_add(1, std::memory_order_relaxed) + 1;
  }
  return thread.serial;
}

uint64_t new_wake() {
  Thread* thread = thread_state.thread;
  if (thread == nullptr) return 0;
  return uint64_t{serial_of(of(*thread))} << 32 | ++of(*thread).wakes;
}

void named(const OfThread& thread, Ref name) {
  const auto ref = static_cast<Ref>(thread.cursor.load(std::memory_order_relaxed) >> 32);
  if (ref == 0 || !tables::is_open()) return;
  TraceSegment& segment = *tables::made<TraceSegment>(ref);
  // Another thread's may have been handed over meanwhile.
  if (segment.serial.load(std::memory_order_relaxed) != thread.serial) return;
  segment.name.store(name, std::memory_order_relaxed);
}

void thread_ending(OfThread& thread) {
  const uint64_t cursor = thread.cursor.exchange(0, std::memory_order_relaxed);
  Trace* trace = the_trace();
  if (cursor >> 32 != 0 && trace != nullptr)
    trace_queue::give_up(*trace, static_cast<Ref>(cursor >> 32));
  thread.serial = thread.wakes = 0;
}

}  // namespace trace_ring
