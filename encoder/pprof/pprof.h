// Tables in, the bytes of a gzip'd pprof file out; what goes in and comes out of each encoding.
//
// A pure function of the tables: the same ones give the same bytes. It does not know whether it
// runs in the host at its end or in another process over the tables of a dead or hostile one.
#pragma once

#include <cstdint>
#include <string_view>

#include "encoder/pprof/memory_facts.h"
#include "encoder/wire/arena.h"
#include "encoder/wire/gzip.h"
#include "tables/tables_view.h"

namespace encoder {

// What is shown of a row's values instead of all that was counted: the difference to an earlier
// look, say. Values may become negative; a row whose values are all 0 is not written.
struct ValueFilter {
  // `row`: stays the same for as long as the tables live; 0 is that of what was lost.
  void (*apply)(void* context, layout::Ref row, double (&values)[layout::kMaxValues]) = nullptr;
  void* context = nullptr;
};

struct EncodeInput {
  TablesView view;          // opened
  unsigned mode_index = 0;  // into Header::modes
  // Used where the tables have no end: CLOCK_MONOTONIC now, or when the host was last known alive.
  // 0: no duration.
  uint64_t end_monotonic_ns = 0;
  std::string_view extra_comments = {};  // sentences, one a line
  const MemoryFacts* memory = nullptr;   // for the profiles of the heap
  ValueFilter filter = {};
  // Where the filter shows a part of the recording: when that began, and how long it is. 0: all.
  uint64_t window_realtime_ns = 0, window_ns = 0;
  // Of a trace: the events from then on.
  uint64_t since_monotonic_ns = 0;
};

struct Result {
  uint64_t samples = 0;         // written
  uint64_t addresses = 0;       // that a symbolizer could name
  uint64_t bytes = 0;           // compressed
  uint64_t skipped = 0;         // entries of the tables that were damaged or found no memory
  const char* error = nullptr;  // a sentence, if encode returned false
};

// Memory that encodes anything: what grows with the tables is lost beyond it, and counted.
constexpr uint64_t kSmallestArena = uint64_t{1} << 20;
constexpr uint64_t kUsualArena = uint64_t{64} << 20;

// False if there is no valid file: *out says why, and what the sink got is to be thrown away.
// Of all modes but the trace. Needs about 4 KiB of stack. Context: cold; any thread, not a signal
// handler.
bool encode_profile(const EncodeInput& input, Arena& arena, Sink sink, Result* out);

}  // namespace encoder
