#include "collectors/core/asked_turn.h"

#include <atomic>

#include "collectors/core/asked_roll_call.h"
#include "collectors/core/threads.h"
#include "env/safe/thread_state.h"

namespace asked_roll_call {

namespace {

// Held by who takes a slice, or keeps others from it. Never waited for but by a Pause.
std::atomic<bool> is_taken;
// How many hold all slices off.
std::atomic<int> held_off;

}  // namespace

bool seize() {
  bool free = false;
  return is_taken.compare_exchange_strong(free, true, std::memory_order_seq_cst);
}

void let_go() {
  is_taken.store(false, std::memory_order_release);
}

// Of two words one is written here and the other read, and the other way round by who holds off:
// sequentially consistent, so that one of both sees the other.
bool take() {
  if (!seize()) return false;
  if (held_off.load(std::memory_order_seq_cst) == 0) return true;
  let_go();
  return false;
}

bool is_turn_taken() {
  return is_taken.load(std::memory_order_relaxed);
}

void hold_off() {
  if (Thread* self = thread_state.thread; self != nullptr) self->holds_off++;
  held_off.fetch_add(1, std::memory_order_seq_cst);
  becomes([] { return !is_taken.load(std::memory_order_seq_cst); });
}

void go_on() {
  if (Thread* self = thread_state.thread; self != nullptr) self->holds_off--;
  held_off.fetch_sub(1, std::memory_order_release);
}

void thread_ending(Thread& thread) {
  if (thread.holds_off == 0) return;
  held_off.fetch_sub(static_cast<int>(thread.holds_off), std::memory_order_release);
  thread.holds_off = 0;
}

void forget() {
  if (Thread* self = thread_state.thread; self != nullptr) self->holds_off = 0;
  held_off.store(0, std::memory_order_relaxed);
  let_go();
}

}  // namespace asked_roll_call
