// The open descriptors, by the stack that opened them.
//
// Interposers see the calls of the program; what libc, the kernel (SCM_RIGHTS, io_uring) or a raw
// system call does by itself is found when a file is to be written: each descriptor is compared
// with the file it had, and with what /proc says is open. All verbs are for the process that
// records alone: a vfork child has this memory and descriptors of its own.
#pragma once

#include <cstdint>
#include <string_view>

#include "collectors/counts/descriptor_table.h"
#include "collectors/counts/inherited_sample.h"
#include "collectors/unwind/stack_trace.h"
#include "env/sys/compiler/attributes.h"

namespace fd {

enum class Kind : uint32_t {
  kOther,  // asked from the kernel
  kFile,
  kDirectory,
  kDevice,
  kSocket,
  kPipe,
  kEventfd,
  kEpoll,
  kTimerfd,
  kSignalfd,
  kInotify,
  kMemfd,
  kQueue,
  kCount
};

// `number` has been opened, or is a copy of `from`. Context: any thread, after the real call.
void opened(int number, Kind kind, const Caller& caller) SIGNAL_SAFE;
void duplicated(int from, int number, const Caller& caller) SIGNAL_SAFE;

// About to be closed: before the real call, after it the number may be another thread's. Context:
// any thread, also of a vfork child.
void closing_known(int number) SIGNAL_SAFE;
inline void closing(int number) SIGNAL_SAFE {
  if (descriptor_table::get(number).identity != 0) closing_known(number);
}
void closing_range(unsigned first, unsigned last) SIGNAL_SAFE;

// Whether this process or the one that forked it records descriptors. Context: any.
bool is_recording();

// A forked child's next start enters what it inherited, with the stacks of its parent, whose tables
// are mapped at `tables` until then (null: without stacks). Context: forked child.
void inherit_from(const inherited_sample::Parents* tables);

}  // namespace fd
