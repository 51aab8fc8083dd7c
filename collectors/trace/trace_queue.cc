#include "collectors/trace/trace_queue.h"

#include <bit>

#include "tables/chains.h"

namespace trace_queue {

using layout::Ref;
using layout::Trace;
using layout::TraceSegment;

namespace {

// In the process's own memory, so that nothing outside decides where a slot lies.
Ref queue;
uint32_t queue_size;  // a power of two, at least `limit`
uint32_t limit;       // of segments

std::atomic<uint64_t>& queue_slot(uint64_t ticket) {
  return tables::made<std::atomic<uint64_t>>(queue)[ticket & (queue_size - 1)];
}

}  // namespace

bool open(uint32_t most_segments) {
  limit = most_segments;
  queue_size = std::bit_ceil(limit);
  queue = tables::allocate(queue_size * sizeof(uint64_t));
  return queue != 0;
}

void give_up(Trace& trace, Ref segment) {
  const uint64_t ticket = trace.tail.fetch_add(1, std::memory_order_relaxed);
  // Release: the thread that takes the segment sees its last owner's turn.
  queue_slot(ticket).store((ticket + 1) << 32 | segment, std::memory_order_release);
}

Ref take_oldest(Trace& trace) {
  uint64_t head = trace.head.load(std::memory_order_relaxed);
  for (unsigned tries = 0; tries < shared_word::kMostTries; tries++) {
    const uint64_t slot = queue_slot(head).load(std::memory_order_acquire);
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
  return 0;
}

Ref make(Trace& trace) {
  if (trace.made.load(std::memory_order_relaxed) >= limit) return 0;
  if (trace.made.fetch_add(1, std::memory_order_relaxed) >= limit) {
    trace.made.fetch_sub(1, std::memory_order_relaxed);
    return 0;
  }
  const Ref fresh = tables::allocate(sizeof(TraceSegment));
  if (fresh == 0) return 0;
  return tables::push<TraceSegment>(trace.segments, fresh) ? fresh : 0;
}

}  // namespace trace_queue
