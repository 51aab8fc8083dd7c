// A call of the malloc family that may be a sample, or releases one: where the exported functions
// go when their countdown is used up or the filter of live blocks says "perhaps".
//
// Reached by tail jumps, so that the frame above is the host's. Context: any thread, inside malloc.
#pragma once

#include <stddef.h>
#include <stdint.h>

#include "collectors/heap.h"
#include "env/safe/attributes.h"
#include "preload/next.h"

// The bytes of a calloc. One that would wrap is refused by the real calloc, and is no sample.
inline size_t product(size_t a, size_t b) {
  size_t bytes;
  return __builtin_mul_overflow(a, b, &bytes) ? SIZE_MAX : bytes;
}

// `p`, of `size` bytes, has been allocated and the countdown was used up.
inline void* took(void* p, size_t size, const Guard& guard, const Caller& caller) {
  if (guard && p != nullptr && heap::is_sample(size)) heap::allocated(p, size, caller);
  return p;
}

// The guard is held across the real call: an allocator that allocates through us is not counted
// twice.
template <auto& next, typename... Arguments>
NOINLINE void* sampled_block(size_t size, Arguments... arguments) {
  const Caller caller = CALLER_OF_THIS_FUNCTION();
  Guard guard;
  return took(next(arguments...), size, guard, caller);
}

template <auto& next>
NOINLINE int sampled_posix_memalign(void** result, size_t alignment, size_t size) {
  const Caller caller = CALLER_OF_THIS_FUNCTION();
  Guard guard;
  const int error = next(result, alignment, size);
  if (error == 0) took(*result, size, guard, caller);
  return error;
}

template <auto& next>
NOINLINE void* sampled_realloc(void* p, size_t size) {
  const Caller caller = CALLER_OF_THIS_FUNCTION();
  Guard guard;
  const heap::Move move = heap::moving(p);
  void* q = next(p, size);
  heap::moved(move, p, q, size);
  // Not counted down yet where the old block was the reason to come here.
  return heap::passes(size) ? q : took(q, size, guard, caller);
}

template <auto& next>
NOINLINE void sampled_free(void* p) {
  heap::freeing(p);
  next(p);
}
