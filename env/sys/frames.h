// A handler of the host may leave behind what a frame of ours holds while signals are open: it
// jumps out of that frame, or ends the thread. So a hold says which thread has it and where its
// frame stands, and is taken back once that frame is gone.
#pragma once

#include <atomic>
#include <cstdint>

#include "env/sys/compiler/attributes.h"

namespace frames {

// Whether the calling thread's frame at `frame` is gone, as its frame at `here` finds it. Frames of
// one stack end in their order. A frame of the thread's own stack stays while the thread is on
// another (an alternate stack, a fiber's), a frame of a handler does not outlive it. False where
// that is unknown. Context: any.
bool is_gone(uint64_t frame, uint64_t here) SIGNAL_SAFE;

// A thing that one frame has at a time, of any thread. All zero: it is free.
class Hold {
 public:
  enum class Taken { kNot, kWasFree, kWasLeft };

  // For the frame of thread `tid` at `here`, unless another thread or a frame that goes on has it.
  // `here`: of an object in that frame, or the frame's address. Context: the thread itself.
  Taken take(int32_t tid, uint64_t here) SIGNAL_SAFE;
  // The same, unless any has it; touches no thread-local memory. Context: any; with kNeverLeft all
  // signals blocked, so that no handler jumps out of the frame.
  static constexpr uint64_t kNeverLeft = ~uint64_t{0};
  ALWAYS_INLINE bool take_if_free(int32_t tid, uint64_t here) SIGNAL_SAFE {
    return word_.load(std::memory_order_relaxed) == 0 && become(0, word_of(tid, here));
  }
  // From a thread that has ended, which is asked of the kernel. Context: the thread itself.
  bool take_from_ended(int32_t tid, uint64_t here) SIGNAL_SAFE;
  void let_go() SIGNAL_SAFE { word_.store(0, std::memory_order_release); }
  // Lets go of what a frame of this thread has left. Context: the thread itself.
  void give_up_left(int32_t tid, uint64_t here) SIGNAL_SAFE;

  bool is_held() const SIGNAL_SAFE { return word_.load(std::memory_order_relaxed) != 0; }
  bool is_held_by(int32_t tid) const SIGNAL_SAFE {
    return tid_of(word_.load(std::memory_order_relaxed)) == tid;
  }
  // The child has what the forking thread, of number `before`, had; nothing else. Context: forked
  // child.
  void forked(int32_t before, int32_t now);

 private:
  // The kernel's numbers of threads have 22 bits, stacks lie below 2^47. Two frames of a thread are
  // never as near as 32 bytes, but where one has left its hold.
  static constexpr unsigned kFrameShift = 5, kFrameBits = 42;
  static constexpr uint64_t kFrameMask = (uint64_t{1} << kFrameBits) - 1;
  static uint64_t word_of(int32_t tid, uint64_t frame) {
    return static_cast<uint64_t>(tid) << kFrameBits | (frame >> kFrameShift & kFrameMask);
  }
  static int32_t tid_of(uint64_t word) { return static_cast<int32_t>(word >> kFrameBits); }
  static uint64_t frame_of(uint64_t word) { return (word & kFrameMask) << kFrameShift; }
  static bool is_left(uint64_t word, int32_t tid, uint64_t here) SIGNAL_SAFE;
  // Acquire: pairs with the release of the last one.
  bool become(uint64_t has, uint64_t word) {
    return word_.compare_exchange_strong(has, word, std::memory_order_acquire);
  }

  std::atomic<uint64_t> word_;
};

}  // namespace frames
