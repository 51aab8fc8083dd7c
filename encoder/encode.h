// Tables in, the bytes of a gzip'd file out: the one door of this directory.
#pragma once

#include "encoder/pprof/pprof.h"

namespace encoder {

// A Perfetto trace of the mode "trace", a pprof file of every other. False if there is no valid
// file: *out says why, and what the sink got is to be thrown away. Context: as encode_profile() and
// encode_trace().
bool encode(const EncodeInput& input, Arena& arena, Sink sink, Result* out);

}  // namespace encoder
