// Where another thread waits, seen from outside: what it published (waits.h), or what the kernel
// tells, and its stack from a copy that the kernel makes, so that nothing is read that is no longer
// there.
#pragma once

#include "collectors/snapshot/blocked_call.h"
#include "collectors/threads/threads.h"
#include "collectors/waits/waits.h"

namespace other_thread {

struct Waiting {
  waits::Kind kind;
  uint64_t start_ns;
  layout::Ref stack;  // 0: it could not be taken
};

// False if the thread does not wait, or went on meanwhile. `with_function`: that it waits in, on
// top of its caller. Context: cold; one thread at a time.
bool waiting(const Thread& thread, bool with_function, Waiting* out);

// The stack of a thread that stands in `call`; false if it went on meanwhile. The kernel does not
// report its frame pointer: where a function needs it, it is searched. Context: as above.
bool standing(int tid, const blocked_call::Call& call, layout::Ref* stack);

// Where a thread stands. Both 0: it runs, or is not known to wait.
struct Place {
  layout::Ref stack;
  layout::Ref state;  // Text
};

// For a thread that waits in a call that is not interposed. Context: the inspecting thread.
Place place_in_kernel(int tid);

}  // namespace other_thread
