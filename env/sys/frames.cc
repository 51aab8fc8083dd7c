#include "env/sys/frames.h"

#include <signal.h>
#include <sys/syscall.h>
#include <cerrno>

#include "env/sys/arch.h"
#include "env/sys/thread_state.h"

namespace frames {

namespace {

struct Stack {
  uint64_t low, high;
  bool has(uint64_t address) const { return address >= low && address < high; }
};

Stack alternate_stack() {
  stack_t stack{};
  arch::syscall(SYS_sigaltstack, 0L, &stack);
  if ((stack.ss_flags & SS_DISABLE) != 0) return {0, 0};
  const auto low = reinterpret_cast<uint64_t>(stack.ss_sp);
  return {low, low + stack.ss_size};
}

// The bounds of a fiber's stack are not known: frames as near as this are taken to be on one.
constexpr uint64_t kNear = 65536;

}  // namespace

bool is_gone(uint64_t frame, uint64_t here) {
  const Stack own{thread_state.stack_low, thread_state.stack_high};
  const bool is_own = own.has(here);
  if (own.has(frame)) return is_own && here >= frame;
  const Stack alternate = alternate_stack();
  const bool is_alternate = alternate.has(here);
  if (alternate.has(frame)) return !is_alternate || here >= frame;
  if (is_own || is_alternate || here < frame) return false;
  return own.high == 0 || here - frame < kNear;
}

bool Hold::is_left(uint64_t word, int32_t tid, uint64_t here) {
  return tid_of(word) == tid && is_gone(frame_of(word), here >> kFrameShift << kFrameShift);
}

Hold::Taken Hold::take(int32_t tid, uint64_t here) {
  if (take_if_free(tid, here)) return Taken::kWasFree;
  const uint64_t has = word_.load(std::memory_order_relaxed);
  const bool is_ours = is_left(has, tid, here) && become(has, word_of(tid, here));
  return is_ours ? Taken::kWasLeft : Taken::kNot;
}

bool Hold::take_from_ended(int32_t tid, uint64_t here) {
  const uint64_t has = word_.load(std::memory_order_relaxed);
  if (has == 0) return take(tid, here) != Taken::kNot;
  const long process = arch::syscall(SYS_getpid);
  return arch::syscall(SYS_tgkill, process, tid_of(has), 0) == -ESRCH &&
         become(has, word_of(tid, here));
}

void Hold::give_up_left(int32_t tid, uint64_t here) {
  uint64_t has = word_.load(std::memory_order_relaxed);
  if (is_left(has, tid, here)) word_.compare_exchange_strong(has, 0, std::memory_order_release);
}

void Hold::forked(int32_t before, int32_t now) {
  const uint64_t has = word_.load(std::memory_order_relaxed);
  if (has == 0) return;
  word_.store(tid_of(has) == before ? word_of(now, frame_of(has)) : 0, std::memory_order_relaxed);
}

}  // namespace frames
