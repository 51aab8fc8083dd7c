// The one door to the stack walk: from an interrupted context or from inside an interposer.
//
// Async-signal-safe: no lock of the loader, no allocation, no system call on a thread whose stack
// is known. It reads nothing but the unwind tables of loaded objects and the thread's stack, each
// frame lies above the last, and it ends after its depth. A corrupt stack gives a short one, and a
// count.
#pragma once

#include <cstdint>

#include "collectors/core/cfi.h"
#include "collectors/core/expression.h"
#include "collectors/core/last_walk.h"
#include "env/safe/arch.h"
#include "env/safe/layout.h"

// Leaf first. Return addresses are stored minus one, an interrupted pc as it is. The profiler's own
// frames are left out, by their address.
struct StackTrace {
  uint32_t depth;
  uint16_t flags;  // layout::kStack...
  uint64_t pc[layout::kMaxDepth];
};

// Room for one walk: 27 KiB that are not taken from the interrupted stack.
struct WalkBuffer {
  StackTrace trace;
  KnownRegisters registers, next;
  FrameRules rules;
  CfiWorkspace workspace;
  LastWalk last;
  std::atomic<bool> taken;
};

// Borrows one of a fixed number of buffers; empty when all are in use (then the sample is lost and
// counted by the caller).
class BorrowedBuffer {
 public:
  BorrowedBuffer() SIGNAL_SAFE;
  ~BorrowedBuffer();
  BorrowedBuffer(const BorrowedBuffer&) = delete;
  BorrowedBuffer& operator=(const BorrowedBuffer&) = delete;
  explicit operator bool() const { return buffer_ != nullptr; }
  WalkBuffer& operator*() const { return *buffer_; }

 private:
  WalkBuffer* buffer_;
};

// The host's frame that called an interposer.
struct Caller {
  uint64_t return_address, sp, fp;
};

// Only in a function that keeps its frame pointer, called by (or tail-jumped to from) an exported
// one.
#define CALLER_OF_THIS_FUNCTION()                                    \
  Caller {                                                           \
    static_cast<const uint64_t*>(__builtin_frame_address(0))[1],     \
        reinterpret_cast<uint64_t>(__builtin_frame_address(0)) + 16, \
        static_cast<const uint64_t*>(__builtin_frame_address(0))[0]  \
  }

namespace stack_trace {

// Frames kept; 1 to layout::kMaxDepth. Context: start.
void set_depth(unsigned depth);

// The stack of the interposer's caller. Context: any thread, not in a handler.
void capture_caller(const Caller& caller, WalkBuffer& buffer) SIGNAL_SAFE;

// The stack that a signal interrupted. Context: signal handler, with its third argument.
void capture_context(const void* context, WalkBuffer& buffer) SIGNAL_SAFE;

// Forgets what was learnt of code that may be gone. Context: not in a handler.
void forget_code();

}  // namespace stack_trace
