// One of two objects of equal size that walk_stress loads in turn; FUNCTION is its one name.
#include "burn.h"

extern "C" __attribute__((noinline)) void FUNCTION(long iterations) {
  burn_iterations(iterations);
  __asm__ volatile("");  // the last instruction is not the call's
}
