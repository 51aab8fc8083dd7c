// Samples of the process that forked this one, brought over into its own tables.
#pragma once

#include <cstdint>

#include "env/safe/layout.h"

namespace inherited_sample {

// The row of `mode` for the stack of the parent's sample and the first text of its detail; 0
// without room. `parent`: where the parent's tables are mapped. Context: forked child, its own
// tables open.
layout::Ref bring_over(const char* parent, layout::Ref sample, uint32_t mode);

}  // namespace inherited_sample
