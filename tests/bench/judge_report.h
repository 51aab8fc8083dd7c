// What libjudge writes of one process, in a mapped file that outlives any end of the process.
// scripts/judge stacks reads it: the names of its fields come in this order there.
#pragma once

#include <atomic>
#include <cstdint>

#include "collectors/unwind/stack_trace.h"

namespace judge {

enum Count : unsigned {
  kTicks,          // walked by both
  kSkipped,        // not walked: two ticks at once, or an object comes or goes
  kWhole,          // ours reached the thread's first frame
  kTruncated,      // ours is at its greatest depth
  kTheirsWhole,    // libunwind says that there is nothing above
  kTheirsFaulted,  // libunwind read what it may not; not among the compared
  kEqual,          // the same addresses
  kFrames,         // of ours
  kPcsMet,         // distinct addresses, each a row to be made once
  kColdRows,       // rows made anew for the measurement
  kColdNs,         // and what they took
  kStacksProbed,   // walks that began on a stack whose bounds are not known
  kCountEnd
};

struct Kept {
  std::atomic<uint64_t> times;  // met with this interrupted pc, kept or not; 0: a free place
  uint64_t our_flags;
  int64_t their_end;  // what unw_step said last: 0 the end, negative an error
  uint64_t our_depth, their_depth;
  uint64_t registers[arch::kRegisterCount];
  uint64_t stack[64];  // from the red zone up, as far as it can be read
  uint64_t ours[layout::kMaxDepth], theirs[layout::kMaxDepth];
};

// Where whole stacks ended.
struct End {
  std::atomic<uint64_t> pc, times;
};

constexpr unsigned kMostKept = 256;
constexpr unsigned kMostEnds = 64;
constexpr unsigned kMostPcs = 1u << 16;

struct Report {
  char magic[8];
  uint64_t sizes[4];  // of counts, ends, kept, and the bytes of one Kept
  std::atomic<uint64_t> counts[kCountEnd];
  End ends[kMostEnds];
  std::atomic<uint64_t> pcs[kMostPcs];
  Kept kept[kMostKept];
};

// A fresh one for this process in the directory JUDGE_OUTPUT, or null. Context: start, forked
// child.
Report* open_report();

// For the names of addresses: the objects of this moment, after those of earlier ones. Context:
// any.
void append_maps();

}  // namespace judge
