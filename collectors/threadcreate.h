// The stacks that created threads.
#pragma once

#include "collectors/unwind/stack_trace.h"

namespace threadcreate {

// A thread was made, or could not be. Context: the creating thread, after the real call.
void created(const Caller& caller) SIGNAL_SAFE;
void failed() SIGNAL_SAFE;

}  // namespace threadcreate
