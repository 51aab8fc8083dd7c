// Tables in, the bytes of a gzip'd Perfetto trace out: of the mode "trace".
#pragma once

#include "encoder/pprof/pprof.h"

namespace encoder {

constexpr std::string_view kTraceMode = "trace";

// As encode_profile(). The events from input.since_monotonic_ns on, of each thread whatever of them
// was not overwritten. Needs about 24 KiB of stack. Context: as encode_profile().
bool encode_trace(const EncodeInput& input, Arena& arena, Sink sink, Result* out);

}  // namespace encoder
