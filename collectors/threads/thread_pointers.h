// The thread pointers (FS base on x86-64) of the threads that have records.
//
// A host may load another one for a while (an emulator, a library of coroutines). Then the
// thread-local memory of this library is not there, and a handler that touches it ends the host.
#pragma once

#include <cstdint>

#include "env/sys/compiler/attributes.h"

namespace thread_pointers {

// A thread with this pointer begins, or ends. Context: the thread itself.
void add(uint64_t pointer);
void remove(uint64_t pointer);

// False if the calling thread has loaded a pointer that no thread here has. True where that is
// unknown: the kernel does not allow the question (before Linux 5.9), or there are too many
// threads. Context: signal handler, before thread-local memory is touched.
bool is_own_here() SIGNAL_SAFE;

}  // namespace thread_pointers
