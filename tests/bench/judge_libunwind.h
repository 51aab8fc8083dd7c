// The other opinion: libunwind's unw_step from the same context, survived whatever it does.
#pragma once

#include <cstdint>

namespace judge {

struct TheirStack {
  int end;  // what the last unw_step said
  bool faulted;
  uint32_t depth;
  uint64_t pc[1024];
};

// libunwind by dlopen, out of the host's sight: it would take the place of libgcc's _Unwind_Resume.
bool load_libunwind();

// Context: signal handler, one thread at a time.
void walk_by_libunwind(void* context, TheirStack& stack);

}  // namespace judge
