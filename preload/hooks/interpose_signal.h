// The actions of signals that are ours, for the other ways to ask for them.
#pragma once

#include <cstddef>

namespace interpose_signal {

// The host names the signal to use it: if it is ours, it is the host's from here on. Context: any,
// before the real call.
void yield(int number);

// rt_sigaction by libc's syscall(). Context: any.
long by_system_call(int number, const void* action, void* old, size_t mask_size);

}  // namespace interpose_signal
