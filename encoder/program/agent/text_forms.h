// The text forms of net/http/pprof (debug=1): readable, and read by pprof's parsers of old formats.
#pragma once

#include <string>

#include "encoder/program/profile.h"

namespace program {

// `mode` decides on the form: that of heap, of contentions, or of counts. The profile has names.
std::string text_form(const std::string& mode, const Profile& profile);

// debug=2 of threads, in the form of Go's goroutines: those that run first.
std::string stacks_form(const Profile& profile);

// For the page: what a flame graph and a table are drawn of.
std::string json_form(const Profile& profile);

}  // namespace program
