// Which process a profile is of, as its comments say.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

#include "program/profiles/profile.h"
#include "program/system/file_source.h"

namespace program {

// Number 0 if several processes went into the profile: their addresses mean different things.
ProfileProcess process_of(const Profile& profile);

// The whole text as a number above 0.
std::optional<int64_t> positive_number(std::string_view text);

}  // namespace program
