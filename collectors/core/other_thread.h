// Where another thread waits, seen from outside: what it published (waits.h), and its stack from a
// copy that the kernel makes, so that nothing is read that is no longer there.
#pragma once

#include "collectors/core/threads.h"
#include "collectors/core/waits.h"

namespace other_thread {

struct Waiting {
  waits::Kind kind;
  uint64_t start_ns;
  layout::Ref stack;  // 0: it could not be taken
};

// False if the thread does not wait, or went on meanwhile. Context: cold; one thread at a time.
bool waiting(const Thread& thread, Waiting* out);

}  // namespace other_thread
