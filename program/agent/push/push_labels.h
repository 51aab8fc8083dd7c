// Labels as a Pyroscope server takes them: it refuses a profile whole for one key that breaks its
// rules.
#pragma once

#include <string>
#include <string_view>

#include "program/profiles/profile.h"

namespace program {

// service{label=value,...} of PROFILER_LABELS; `session` tells processes apart.
std::string push_name(std::string_view labels, const std::string& program,
                      const std::string& session);

// The keys of the samples' texts, which become labels of the series as well. False if all were
// good.
bool make_label_keys_plain(Profile* profile);

}  // namespace program
