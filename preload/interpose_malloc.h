// The malloc family: which way its calls go.
#pragma once

namespace interpose_malloc {

// Finds the next definitions, if no call has done so yet. Context: start.
void settle_now();

}  // namespace interpose_malloc
