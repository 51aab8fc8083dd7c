#include "collectors/counts/sampler.h"

#include <sys/auxv.h>

#include <atomic>

#include "env/sys/thread_state.h"
#include "tables/tables.h"

namespace sampler {

namespace {

std::atomic<uint64_t> threads_seeded;

// A sequence of its own for each thread of each process: from the bytes that the kernel drew for
// this program, without a system call (a sandbox may refuse it).
uint64_t seed() {
  uint64_t state = 0;
  const uint64_t random = getauxval(AT_RANDOM);
  if (random != 0) __builtin_memcpy(&state, reinterpret_cast<const void*>(random), sizeof state);
  state ^= threads_seeded.fetch_add(1, std::memory_order_relaxed) << 32;
  if (tables::is_open()) state ^= static_cast<uint64_t>(tables::bounds.pid);
  next_random(state);
  return state;
}

}  // namespace

uint64_t& sequence() {
  ThreadState& state = thread_state;
  if (state.random == 0) state.random = seed();
  return state.random;
}

double here() {
  return next_uniform(sequence());
}

}  // namespace sampler
