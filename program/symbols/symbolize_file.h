// Names for one profile file, replaced in place: what `symbolize` and `run` share.
#pragma once

#include <cstdint>
#include <string>

#include "program/symbols/naming_service.h"

namespace program {

// Exit status of the work; what is wrong is said at level error. *done: without its bytes.
int symbolize_file(const std::string& path, NamingService* names, const NamingWish& wish,
                   Naming* done);

}  // namespace program
