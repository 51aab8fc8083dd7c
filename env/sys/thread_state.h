// What each thread keeps: one initial-exec TLS block, zero at birth, without constructor,
// destructor or key, so that hooks may run before the thread is known and after it is gone.
#pragma once

#include <cstdint>

#include "env/sys/arch.h"
#include "env/sys/compiler/attributes.h"
#include "env/sys/frames.h"

struct Thread;  // collectors/threads/threads.h

struct ThreadState {
  // Bytes that may still be allocated before the next sample; 0 in a new thread, which then draws.
  uint64_t heap_countdown;
  // Above 0 while the profiler is at work on this thread: allocations are its own.
  uint32_t inside;
  bool heap_seeded;
  bool is_met;  // the thread has a record, had one, or was found without (libc_threads.h)
  uint16_t believes_blocked;  // the ticks' signal that the host does of; 0: none (tick_signal.h)
  uint64_t heap_draws;        // how often a countdown was used up
  uint64_t random;
  // The thread's stack, [low, high); 0, 0 while unknown.
  uint64_t stack_low, stack_high;
  uint64_t guard_sp;  // where the outermost guard stands
  Thread* thread;     // null: not (or no longer) known
};

static_assert(sizeof(ThreadState) <= 128, "the static TLS surplus of a host is small (LD_AUDIT)");

// Found by its distance, not through the GOT: no code outside the library can name it.
#pragma GCC visibility push(hidden)
extern __thread ThreadState thread_state __attribute__((tls_model("initial-exec")));
#pragma GCC visibility pop

// Marks the profiler's own work on this thread; true for the outermost only. An allocation that
// comes from within is the profiler's or the allocator's own and is not counted.
// One whose frame is gone (a handler jumped out of it) counts no more. Inlined: it takes its
// frame's address.
class Inside {
 public:
  ALWAYS_INLINE Inside() : before_(thread_state.inside), sp_before_(thread_state.guard_sp) {
    const auto sp = reinterpret_cast<uint64_t>(__builtin_frame_address(0));
    outermost_ = LIKELY(before_ == 0) || frames::is_gone(sp_before_, sp);
    if (outermost_) before_ = 0;
    thread_state.inside = 1;
    if (outermost_) thread_state.guard_sp = sp;
  }
  ALWAYS_INLINE ~Inside() {
    thread_state.inside = before_;
    thread_state.guard_sp = sp_before_;
  }
  Inside(const Inside&) = delete;
  Inside& operator=(const Inside&) = delete;
  explicit operator bool() const { return outermost_; }

 private:
  uint32_t before_;
  uint64_t sp_before_;
  bool outermost_;
};

// The same for work that calls nothing of the host's: in a clean state of the processor.
class Guard : public Inside {
 public:
  ALWAYS_INLINE Guard() = default;

 private:
  arch::CleanState clean_;
};
