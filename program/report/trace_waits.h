// The longest waits of a trace, one by one: what a table shows beside the timeline.
#pragma once

#include <google/protobuf/io/zero_copy_stream.h>

#include <cstdint>
#include <string>
#include <vector>

namespace program {

struct TraceWait {
  struct Function {
    std::string name, place;  // place: file and line, or empty
  };
  std::string thread;
  int64_t tid = 0;
  std::string category, kind;   // "sync" and "mutex", "io" and "read"
  uint64_t begin_ns = 0;        // CLOCK_MONOTONIC
  uint64_t length_ns = 0;       // up to its end, or to the trace's
  bool is_open = false;         // it had not ended; only ended waits have a stack
  std::vector<Function> stack;  // leaf first
};

struct TraceWaits {
  uint64_t count = 0;              // of all waits
  std::vector<TraceWait> longest;  // the longest first
};

// The `most` longest waits of the unpacked trace in `input`, which was taken at `end_ns`. False if
// the bytes are damaged. The memory it takes follows the stacks and threads, not the events.
bool longest_waits(google::protobuf::io::ZeroCopyInputStream* input, uint64_t end_ns, size_t most,
                   TraceWaits* waits);

}  // namespace program
