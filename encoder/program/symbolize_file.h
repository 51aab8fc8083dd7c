// Names for one profile file, replaced in place: what `symbolize` and `run` share.
#pragma once

#include <cstdint>
#include <string>

#include "encoder/program/naming_service.h"

namespace program {

// Exit status of the work; what is wrong is said at level error. Sets *samples if it could be read.
int symbolize_file(const std::string& path, NamingService* names, const NamingWish& wish,
                   int64_t* samples);

}  // namespace program
