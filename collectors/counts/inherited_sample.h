// Samples of the process that forked this one, brought over into its own tables.
#pragma once

#include <cstdint>

#include "tables/layout.h"

namespace inherited_sample {

// The parent's tables as they are mapped to be read; the bounds are this process's own.
struct Parents {
  const char* base;  // null: they are not
  uint64_t size, touchable;
};

// The row of `mode` for the stack of the parent's sample and the first text of its detail; 0
// without room, or where the parent's tables are damaged. Context: forked child, its own tables
// open.
layout::Ref bring_over(const Parents& parents, layout::Ref sample, uint32_t mode);

}  // namespace inherited_sample
