// All collectors, in the order of collectors/meson.build.
#pragma once

#include <cstddef>
#include <string_view>

#include "collectors/collector.h"

namespace registry {

extern const Collector* const collectors[];
extern const size_t collector_count;

// Null if there is none of that name.
const Collector* find(std::string_view name);

}  // namespace registry
