// The segments of a trace as a reader finds them: each thread's in their order, each copied whole
// or not at all, while threads may still write.
#pragma once

#include <cstdint>
#include <string_view>

#include "encoder/wire/arena.h"
#include "tables/tables_view.h"
#include "tables/trace_layout.h"

namespace encoder {

// An event as it was copied: no thread changes it any more.
struct TraceEventView {
  layout::TraceKind kind;
  uint8_t detail;
  layout::Ref stack;
  uint64_t time_ns, object, value;
  char text[layout::kTraceTextSlots * layout::kTraceTextBytes];
  unsigned text_size;
  std::string_view text_view() const { return {text, text_size}; }
};

class TraceSegments {
 public:
  struct Segment {
    layout::Ref ref;
    uint32_t serial;  // of the thread
    uint64_t ordinal;
    int32_t tid;
    layout::Ref name;
  };

  TraceSegments(const TablesView& view, Arena& arena, Budget& budget, uint64_t* bad)
      : view_(view), arena_(arena), budget_(budget), bad_(bad) {}

  // Finds those that hold events, by thread and in order. False without memory.
  bool open(const layout::Trace& trace);
  uint32_t size() const { return count_; }
  const Segment& operator[](uint32_t i) const { return segments_[i]; }
  // 0: of no thread that is still there.
  int32_t tid_of(uint32_t serial) const;

  // Calls visit(event) for the whole events of the segment, in the order in which they were begun.
  // False: it was handed over meanwhile, nothing was visited.
  template <typename Visit>
  bool each_event(uint32_t i, Visit visit) {
    if (!copy(segments_[i])) return false;
    for (unsigned e = 0; e < layout::kTraceEvents;) {
      const unsigned slots = read(e, &event_);
      if (slots == 0) {
        e++;
        continue;
      }
      visit(static_cast<const TraceEventView&>(event_));
      e += slots;
    }
    return true;
  }

 private:
  struct Slot {
    uint32_t mark;
    uint32_t stack;
    uint64_t time_ns, object, value;
  };

  bool copy(const Segment& segment);
  // How many slots the event takes; 0: there is none.
  unsigned read(unsigned at, TraceEventView* event) const;
  bool has_turn(unsigned at) const { return slots_[at].mark >> 16 == turn_; }

  const TablesView& view_;
  Arena& arena_;
  Budget& budget_;
  uint64_t* bad_;
  Segment* segments_ = nullptr;
  uint32_t count_ = 0;
  Slot* slots_ = nullptr;
  uint32_t turn_ = 0;
  TraceEventView event_ = {};
};

}  // namespace encoder
