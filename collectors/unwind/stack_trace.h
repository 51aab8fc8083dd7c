// The one door to the stack walk: from an interrupted context or from inside an interposer.
//
// Async-signal-safe: no lock of the loader, no allocation, no system call on a thread whose stack
// is known. It reads nothing but the unwind tables of loaded objects and the thread's stack, each
// frame lies above the last, and it ends after its depth. A corrupt stack gives a short one, and a
// count.
#pragma once

#include <cstdint>

#include "collectors/unwind/cfi.h"
#include "collectors/unwind/expression.h"
#include "collectors/unwind/last_walk.h"
#include "env/sys/arch.h"
#include "env/sys/frames.h"
#include "tables/layout.h"

// Leaf first. Return addresses are stored minus one, an interrupted pc as it is. The profiler's own
// frames are left out, by their address.
struct StackTrace {
  uint32_t depth;
  uint16_t flags;  // layout::kStack...
  uint64_t pc[layout::kMaxDepth];
};

// Room for one walk: 43 KiB that are not taken from the interrupted stack.
struct WalkBuffer {
  PrivateStack stack;
  StackTrace trace;
  KnownRegisters registers, next;
  FrameRules rules;
  CfiWorkspace workspace;
  LastWalk last;
  frames::Hold hold;
};

// Borrows one of a fixed number of buffers; empty when all are in use (then the sample is lost and
// counted by the caller).
class BorrowedBuffer {
 public:
  BorrowedBuffer() SIGNAL_SAFE;
  // For thread `tid`, which may have no thread-local memory. Context: all signals blocked.
  explicit BorrowedBuffer(int32_t tid) SIGNAL_SAFE;
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

// The registers of the function that this is inlined into, as far as a walk can use them.
ALWAYS_INLINE void take_registers_here(KnownRegisters& r) {
  uint64_t rbx, rbp, rsp, r12, r13, r14, r15, rip;
  asm volatile(
      "mov %%rbx, %0\n mov %%rbp, %1\n mov %%rsp, %2\n mov %%r12, %3\n"
      "mov %%r13, %4\n mov %%r14, %5\n mov %%r15, %6\n lea 0(%%rip), %7"
      : "=m"(rbx), "=m"(rbp), "=m"(rsp), "=m"(r12), "=m"(r13), "=m"(r14), "=m"(r15), "=r"(rip));
  r.known = 0;
  r.set(3, rbx);
  r.set(arch::kRbp, rbp);
  r.set(arch::kRsp, rsp);
  r.set(12, r12);
  r.set(13, r13);
  r.set(14, r14);
  r.set(15, r15);
  r.set(arch::kRip, rip);
}

// The stack of the interposer's caller. `below` is of a function that it called and that has not
// returned: for the rare frame that asks for a register which only a walk from there knows.
// Context: any thread, not in a handler.
void capture_caller(const Caller& caller, const KnownRegisters& below,
                    WalkBuffer& buffer) SIGNAL_SAFE;

// The stack that a signal interrupted. Context: signal handler, with its third argument.
void capture_context(const void* context, WalkBuffer& buffer) SIGNAL_SAFE;

// The same of a thread that may have no thread-local memory of libc's: touches none.
void capture_raw_thread(const void* context, WalkBuffer& buffer) SIGNAL_SAFE;

// The stack of another thread that stands in a call, from a copy of its words: [sp, sp + size) of
// `at`'s stack. Where fp is not known and a frame asks for it, it is guessed from the copy; for a
// frame that asks for more the stack ends. Context: not in a handler.
void capture_copy(const Caller& at, bool fp_is_known, const void* copy, uint64_t size,
                  WalkBuffer& buffer);

// The function that the first frame has called becomes the first. Context: any.
void put_on_top(StackTrace& trace, uint64_t function) SIGNAL_SAFE;

// Buffers of threads that are not in this process are free again; the calling thread had number
// `before` in its parent. Context: a forked child.
void free_buffers_of_others(int32_t before);

// Forgets what was learnt of code that may be gone. Context: not in a handler.
void forget_code();

}  // namespace stack_trace
