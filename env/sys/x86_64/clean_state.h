// The part of the processor's state that compiled code relies on and a host may have changed.
#pragma once

#include <cstdint>

#include "env/sys/compiler/attributes.h"

namespace arch {

// While one stands, the processor is as a new program finds it: floating-point exceptions are
// masked, results are rounded to nearest, denormals are kept (MXCSR), and memory may be accessed
// unaligned (EFLAGS.AC). Then the host's state is back, its exception flags included.
//
// Every way into our code has one before it computes or walks: an unmasked exception or an
// unaligned access would end the host, its rounding would change our figures, and our flags would
// be taken for its own. It never stands while a function of the host runs.
//
// Arithmetic belongs behind a call: the compiler may move it across these instructions otherwise.
//
// The rest is left alone. No instruction of the library is one of x87 (tests/e2e looks at them
// all). The direction flag is clear at each call by the ABI, and in a handler by the kernel, which
// gives handlers the default MXCSR too, but the AC flag of the code that was interrupted.
class CleanState {
 public:
  ALWAYS_INLINE CleanState() : mxcsr_(__builtin_ia32_stmxcsr()), flags_(read_flags()) {
    if (UNLIKELY((mxcsr_ & ~kExceptionFlags) != kDefault)) __builtin_ia32_ldmxcsr(kDefault);
    if (UNLIKELY((flags_ & kAlignmentCheck) != 0)) write_flags(flags_ & ~kAlignmentCheck);
  }
  ALWAYS_INLINE ~CleanState() {
    if (__builtin_ia32_stmxcsr() != mxcsr_) __builtin_ia32_ldmxcsr(mxcsr_);
    if (UNLIKELY((flags_ & kAlignmentCheck) != 0)) write_flags(flags_);
  }
  CleanState(const CleanState&) = delete;
  CleanState& operator=(const CleanState&) = delete;

 private:
  static constexpr uint32_t kDefault = 0x1f80, kExceptionFlags = 0x3f;
  static constexpr uint64_t kAlignmentCheck = 1 << 18;

  // Below the red zone. Not the compiler's own, which it takes for the same wherever it stands.
  static ALWAYS_INLINE uint64_t read_flags() {
    uint64_t flags;
    asm volatile("lea -128(%%rsp), %%rsp\n\tpushfq\n\tpop %0\n\tlea 128(%%rsp), %%rsp"
                 : "=r"(flags)
                 :
                 : "memory");
    return flags;
  }
  static ALWAYS_INLINE void write_flags(uint64_t flags) {
    asm volatile("lea -128(%%rsp), %%rsp\n\tpush %0\n\tpopfq\n\tlea 128(%%rsp), %%rsp"
                 :
                 : "r"(flags)
                 : "memory", "cc");
  }

  uint32_t mxcsr_;
  uint64_t flags_;
};

}  // namespace arch
