#include "collectors/snapshot/snapshot_lock.h"

#include <atomic>

#include "collectors/snapshot/snapshot_on_demand.h"
#include "collectors/threads/threads.h"
#include "env/sys/frames.h"
#include "env/sys/thread_state.h"

namespace snapshot_on_demand {

namespace {

// Held by the thread that takes a slice, or keeps others from it. Only a Pause waits for it.
frames::Hold turn;
// How many threads hold all slices off.
std::atomic<int> held_off;

// What a jump has left: a close or a fork whose frame is gone.
void give_up_left(Thread& self, uint64_t sp) {
  if (of(self).count == 0 || !frames::is_gone(of(self).frame, sp)) return;
  held_off.fetch_sub(static_cast<int>(of(self).count), std::memory_order_release);
  of(self).count = 0;
}

}  // namespace

bool seize(uint64_t here) {
  return turn.take(threads::own_number(), here) != frames::Hold::Taken::kNot;
}

void let_go() {
  turn.let_go();
}

// This thread writes the turn and reads `held_off`; a thread in hold_off() does the reverse. Both
// are sequentially consistent, so at least one of the two sees the other.
bool take(uint64_t here, uint64_t sp) {
  if (!seize(here)) return false;
  if (Thread* self = thread_state.thread; UNLIKELY(self != nullptr && of(*self).count != 0)) {
    give_up_left(*self, sp);
  }
  std::atomic_thread_fence(std::memory_order_seq_cst);
  if (held_off.load(std::memory_order_seq_cst) == 0) return true;
  let_go();
  return false;
}

bool is_turn_taken() {
  return turn.is_held();
}

void hold_off(uint64_t frame) {
  if (Thread* self = thread_state.thread; self != nullptr) {
    give_up_left(*self, frame);
    if (of(*self).count++ == 0) of(*self).frame = frame;
  }
  held_off.fetch_add(1, std::memory_order_seq_cst);
  std::atomic_thread_fence(std::memory_order_seq_cst);
  becomes([] { return !turn.is_held(); });
}

void go_on() {
  if (Thread* self = thread_state.thread; self != nullptr) of(*self).count--;
  held_off.fetch_sub(1, std::memory_order_release);
}

void thread_began(Thread& thread) {
  of(thread).count = 0;
}

void thread_ending(Thread& thread) {
  if (of(thread).count == 0) return;
  held_off.fetch_sub(static_cast<int>(of(thread).count), std::memory_order_release);
  of(thread).count = 0;
}

void forget() {
  if (Thread* self = thread_state.thread; self != nullptr) of(*self).count = 0;
  held_off.store(0, std::memory_order_relaxed);
  let_go();
}

}  // namespace snapshot_on_demand
