// format=json of a trace: its longest waits, and the file itself, so that what is saved is what the
// table shows.
#pragma once

#include <cstdint>
#include <memory>
#include <string>

#include "program/agent/http/shared_text.h"

namespace program {

// `bytes`: a gzip'd trace that was taken at `end_ns`, `seconds` after its beginning. Null if it is
// damaged.
std::unique_ptr<const SharedText> trace_form(std::string bytes, uint64_t end_ns, double seconds);

}  // namespace program
