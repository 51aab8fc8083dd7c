// Which thread may take a slice of a roll call (snapshot_on_demand.h), and which threads hold all
// slices off.
#pragma once

#include <sys/syscall.h>
#include <time.h>

#include "collectors/threads/thread_part.h"
#include "env/sys/arch.h"
#include "env/sys/compiler/attributes.h"

namespace snapshot_on_demand {

// How often a thread holds off slices, and the frame of its first hold.
struct HeldOff {
  HIDDEN static const uint32_t kPlace;  // in a thread's record
  uint32_t count;
  uint64_t frame;
};
inline HeldOff& of(Thread& thread) {
  return threads::part<HeldOff>(thread);
}
inline const HeldOff& of(const Thread& thread) {
  return threads::part<HeldOff>(thread);
}

// The turn, to take a slice or to keep others from it, at once or not at all, for the calling
// thread's frame at `here`. `take` does not get it while slices are held off; `sp` is where the
// thread runs in the host's code. Context: any.
bool seize(uint64_t here) SIGNAL_SAFE;
bool take(uint64_t here, uint64_t sp) SIGNAL_SAFE;
void let_go() SIGNAL_SAFE;
bool is_turn_taken() SIGNAL_SAFE;

// True once it is, at most 0.1 s later.
template <typename Condition>
bool becomes(Condition condition) {
  const timespec pause{0, 100000};
  for (int tries = 0; !condition(); tries++) {
    if (tries == 1000) return false;
    arch::syscall(SYS_nanosleep, &pause, 0L);
  }
  return true;
}

}  // namespace snapshot_on_demand
