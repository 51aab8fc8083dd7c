#include "collectors/core/trace_queue.h"

#include "env/safe/tables.h"

namespace trace_queue {

using layout::Ref;
using layout::Trace;
using layout::TraceSegment;

namespace {

std::atomic<uint64_t>& queue_slot(Trace& trace, uint64_t ticket) {
  return tables::at<std::atomic<uint64_t>>(trace.queue)[ticket & (trace.queue_size - 1)];
}

}  // namespace

void give_up(Trace& trace, Ref segment) {
  const uint64_t ticket = trace.tail.fetch_add(1, std::memory_order_relaxed);
  // Release: who takes the segment finds its last owner's turn.
  queue_slot(trace, ticket).store((ticket + 1) << 32 | segment, std::memory_order_release);
}

Ref take_oldest(Trace& trace) {
  uint64_t head = trace.head.load(std::memory_order_relaxed);
  for (;;) {
    const uint64_t slot = queue_slot(trace, head).load(std::memory_order_acquire);
    if (static_cast<uint32_t>(slot >> 32) != static_cast<uint32_t>(head + 1)) {
      const uint64_t again = trace.head.load(std::memory_order_relaxed);
      if (again == head) return 0;
      head = again;
      continue;
    }
    // A slot is given again only behind this head: whose exchange succeeds has read its own.
    if (trace.head.compare_exchange_weak(head, head + 1, std::memory_order_relaxed)) {
      return static_cast<Ref>(slot);
    }
  }
}

Ref make(Trace& trace) {
  if (trace.made.load(std::memory_order_relaxed) >= trace.limit) return 0;
  if (trace.made.fetch_add(1, std::memory_order_relaxed) >= trace.limit) {
    trace.made.fetch_sub(1, std::memory_order_relaxed);
    return 0;
  }
  const Ref fresh = tables::allocate(sizeof(TraceSegment));
  if (fresh == 0) return 0;
  TraceSegment& segment = *tables::at<TraceSegment>(fresh);
  Ref first = trace.segments.load(std::memory_order_relaxed);
  do {
    segment.next.store(first, std::memory_order_relaxed);
  } while (!trace.segments.compare_exchange_weak(first, fresh, std::memory_order_release,
                                                 std::memory_order_relaxed));
  return fresh;
}

}  // namespace trace_queue
