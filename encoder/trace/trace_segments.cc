#include "encoder/trace/trace_segments.h"

#include <algorithm>
#include <cstring>

namespace encoder {

using layout::TraceKind;
using layout::TraceSegment;

namespace {

TraceKind kind_of(uint32_t mark) {
  return static_cast<TraceKind>(mark & (layout::kTraceUse - 1));
}

}  // namespace

bool TraceSegments::open(const layout::Trace& trace) {
  const layout::Ref first = trace.segments.load(std::memory_order_acquire);
  uint32_t room = 0;
  view_.each_in_chain<TraceSegment>(first, budget_, bad_,
                                    [&](layout::Ref, const TraceSegment&) { room++; });
  segments_ = arena_.array<Segment>(room);
  slots_ = arena_.array<Slot>(layout::kTraceEvents);
  if (segments_ == nullptr || slots_ == nullptr) return false;
  uint64_t told_before = 0;
  view_.each_in_chain<TraceSegment>(
      first, budget_, &told_before, [&](layout::Ref ref, const TraceSegment& segment) {
        const uint64_t ordinal = segment.ordinal.load(std::memory_order_acquire);
        if (ordinal == 0 || count_ == room) return;
        segments_[count_++] = {ref, segment.serial.load(std::memory_order_relaxed), ordinal,
                               segment.tid.load(std::memory_order_relaxed),
                               segment.name.load(std::memory_order_relaxed)};
      });
  std::sort(segments_, segments_ + count_, [](const Segment& a, const Segment& b) {
    return a.serial != b.serial ? a.serial < b.serial : a.ordinal < b.ordinal;
  });
  return true;
}

int32_t TraceSegments::tid_of(uint32_t serial) const {
  const Segment* found =
      std::lower_bound(segments_, segments_ + count_, serial,
                       [](const Segment& s, uint32_t wanted) { return s.serial < wanted; });
  return found != segments_ + count_ && found->serial == serial ? found->tid : 0;
}

bool TraceSegments::copy(const Segment& segment) {
  const auto* from = view_.at<TraceSegment>(segment.ref);
  if (from == nullptr) return false;
  turn_ = from->turn.load(std::memory_order_relaxed) & 0xffff;
  for (unsigned i = 0; i < layout::kTraceEvents; i++) {
    const layout::TraceEvent& event = from->events[i];
    // Acquire: pairs with the release of the mark, behind the rest of the event.
    slots_[i] = {
        event.mark.load(std::memory_order_acquire), event.stack.load(std::memory_order_relaxed),
        event.time_ns.load(std::memory_order_relaxed), event.object.load(std::memory_order_relaxed),
        event.value.load(std::memory_order_relaxed)};
    std::atomic_thread_fence(std::memory_order_acquire);
    if (event.mark.load(std::memory_order_relaxed) != slots_[i].mark) slots_[i].mark = 0;
  }
  // Pairs with the fence behind the clearing of the ordinal: a reader that has seen any word of the
  // next owner's sees that it is not the same any more.
  std::atomic_thread_fence(std::memory_order_acquire);
  return from->ordinal.load(std::memory_order_relaxed) == segment.ordinal;
}

unsigned TraceSegments::read(unsigned at, TraceEventView* event) const {
  const Slot& slot = slots_[at];
  const TraceKind kind = kind_of(slot.mark);
  if (!has_turn(at) || kind == TraceKind::kNone || kind >= TraceKind::kText) return 0;
  event->kind = kind;
  event->detail = static_cast<uint8_t>(slot.mark >> 8);
  event->stack = slot.stack;
  event->time_ns = slot.time_ns;
  event->object = slot.object;
  event->value = slot.value;
  unsigned slots = 1;
  unsigned size = 0;
  for (; slots <= layout::kTraceTextSlots && at + slots < layout::kTraceEvents; slots++) {
    const Slot& next = slots_[at + slots];
    if (!has_turn(at + slots) || kind_of(next.mark) != TraceKind::kText) break;
    std::memcpy(event->text + size, &next.stack, layout::kTraceTextBytes);
    size += layout::kTraceTextBytes;
  }
  while (size > 0 && event->text[size - 1] == 0) size--;
  event->text_size = size;
  return slots;
}

}  // namespace encoder
