// A stack of the profiler's own, to do its work on: the host's may have 4 KiB (a fiber's) or 8 KiB
// (an alternate signal stack), of which the kernel takes up to 3.6 KiB for a signal's frame.
#pragma once

#include <cstddef>

#include "env/sys/compiler/attributes.h"

struct alignas(16) PrivateStack {
  // Five times what the deepest work was seen to use.
  static constexpr size_t kSize = 16384;
  char bytes[kSize];
};

// Calls `work`(argument) on `stack`, which no other thread may be using. A debugger and an unwinder
// see the frames below as callers. Context: all signals blocked, since a handler would run here
// too.
extern "C" __attribute__((visibility("hidden"))) void call_on_stack(char* end, void (*work)(void*),
                                                                    void* argument);

inline void work_on(PrivateStack& stack, void (*work)(void*), void* argument) SIGNAL_SAFE {
  call_on_stack(stack.bytes + PrivateStack::kSize, work, argument);
}
