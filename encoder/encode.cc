#include "encoder/encode.h"

#include "encoder/trace/trace.h"

namespace encoder {

bool encode(const EncodeInput& input, Arena& arena, Sink sink, Result* out) {
  const bool is_trace = input.view.mode_name(input.mode_index) == kTraceMode;
  return is_trace ? encode_trace(input, arena, sink, out) : encode_profile(input, arena, sink, out);
}

}  // namespace encoder
