// Allocations, sampled by bytes, and which of them are still there.
//
// Interposers ask first (passes, live_table::may_hold: a few instructions, a tail jump), and call
// the verbs only for what is sampled.
#pragma once

#include <cstddef>
#include <cstdint>

#include "collectors/collector.h"
#include "collectors/counts/live_table.h"
#include "collectors/unwind/stack_trace.h"
#include "env/sys/compiler/attributes.h"
#include "env/sys/thread_state.h"

namespace heap {

// What an allocation takes off the countdown: one of nothing counts as a byte.
inline size_t drawn(size_t size) SIGNAL_SAFE {
  return size + (size == 0);
}

// Takes `size` off this thread's countdown: true if it is not used up (nearly always). A size
// beyond all memory wraps nothing: it is never "passed".
inline bool passes(size_t size) SIGNAL_SAFE {
  uint64_t left;
  if (UNLIKELY(__builtin_sub_overflow(thread_state.heap_countdown, drawn(size), &left))) {
    return false;
  }
  thread_state.heap_countdown = left;
  return true;
}

// Puts back what passed, for a call that may be counted again below; not for one that is a sample,
// which is made under the guard. False there. Context: any thread.
inline bool give_back(size_t size) SIGNAL_SAFE {
  if (thread_state.inside != 0) return false;
  thread_state.heap_countdown += drawn(size);
  return true;
}

// Whether anything was counted on this thread since this was made: an allocator's function that is
// called may itself come to another that is counted.
class NestedCount {
 public:
  bool saw_nothing() const {
    return thread_state.heap_countdown == countdown_ && thread_state.heap_draws == draws_;
  }

 private:
  uint64_t countdown_ = thread_state.heap_countdown, draws_ = thread_state.heap_draws;
};

// For a size that did not pass: draws anew; true if this allocation is a sample. False in a thread
// that had not drawn yet and whose first draw lets it pass, and while the heap is not recorded: the
// countdown goes on, so that recording may begin at any time without a bias. Context: inside
// malloc, guarded.
bool is_sample(size_t size) SIGNAL_SAFE;

// `p` has been allocated and is a sample. Context: inside malloc, guarded.
void allocated(const void* p, size_t size, const Caller& caller) SIGNAL_SAFE;

// `p` is about to be freed. Context: any thread, before the real call.
void freeing(const void* p) SIGNAL_SAFE;

// A block is about to be reallocated: its entry is taken out before the real call, since after it
// the address may be another thread's.
struct Move {
  bool sampled;
  LiveEntry entry;
};
Move moving(const void* p) SIGNAL_SAFE;

// The bytes that the live sampled blocks stand for; false while the heap is not recorded.
// Context: any.
bool live_bytes(uint64_t* bytes) SIGNAL_SAFE;

// Whether any allocation has come here since the start. Context: any.
bool was_reached() SIGNAL_SAFE;

// Whether samples are taken. Context: any.
bool is_recording() SIGNAL_SAFE;

// The real call gave `q` for the old block `p`. null for a size above 0 is a failure: the old block
// is still there and its entry goes back.
void moved(const Move& move, const void* p, const void* q, size_t size) SIGNAL_SAFE;

// The program has begun to end: exit was entered or main has returned. From then on what is in use
// stands still, so that a cache that a destructor frees is shown: frees take nothing out, and new
// blocks are not entered, since their addresses come back. Allocations still count as allocated.
// Context: any.
void end_begins();

// A forked child begins without its parent's blocks, and does not end yet. Context: one thread.
void forget_blocks();

uint64_t period(const options::Options& options);
bool start(uint32_t mode, const options::Options& options);
void stop();

// heap and allocs are the same samples seen from two sides.
constexpr Collector describe(const char* name, uint32_t default_value) {
  return {
      .name = name,
      .value_count = 4,
      .values = {{"alloc_objects", "count"},
                 {"alloc_space", "bytes"},
                 {"inuse_objects", "count"},
                 {"inuse_space", "bytes"}},
      .default_value = default_value,
      .live_from = 2,
      .period_type = {"space", "bytes"},
      .period = period,
      .detail_kind = layout::DetailKind::kNumber,
      .detail_key = "bytes",
      .detail_unit = "bytes",
      .start = start,
      .at_end = nullptr,
      .stop = stop,
      .note = nullptr,
  };
}

}  // namespace heap
