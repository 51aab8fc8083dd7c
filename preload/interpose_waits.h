// The interposers of calls that wait for threads, as the start sees them.
#pragma once

namespace interpose_waits {

// Finds the next definitions, which else the first calls do. Context: start.
void settle_mutexes();
void settle_rwlocks();
void settle_others();
void settle_c11();

}  // namespace interpose_waits
