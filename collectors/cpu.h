// CPU time from before the recording (env/image_start.h).
#pragma once

#include "env/image_start.h"

namespace cpu {

// In rows of their own, if the mode is recorded now. Context: start.
void record_before(const image_start::Before& found);
// The parent's is not this process's. Context: forked child.
void forget_before();

}  // namespace cpu
