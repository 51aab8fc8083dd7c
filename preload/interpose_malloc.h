// The malloc family: which way its calls go.
#pragma once

namespace interpose_malloc {

// Calls are counted, or go straight to the next definitions. Context: start, stop.
void arm();
void disarm();

}  // namespace interpose_malloc
