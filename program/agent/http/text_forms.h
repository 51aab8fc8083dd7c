// The text forms of net/http/pprof (debug=1): readable, and read by pprof's parsers of old formats.
#pragma once

#include <memory>
#include <string>

#include "program/agent/http/packed_profile.h"
#include "program/agent/http/shared_text.h"

namespace program {

// `mode` decides on the form: that of heap, of contentions, or of counts. The profile has names.
std::unique_ptr<const SharedText> text_form(const std::string& mode, PackedProfile profile);

// debug=2 of threads, in the form of Go's goroutines: those that run first.
std::unique_ptr<const SharedText> stacks_form(PackedProfile profile);

// For the page: what a flame graph and a table are drawn of.
std::unique_ptr<const SharedText> json_form(PackedProfile profile);

}  // namespace program
