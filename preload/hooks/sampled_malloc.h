// A call of the malloc family that may be a sample, or releases one: where the exported functions
// go when their countdown is used up or the filter of live blocks says "perhaps".
//
// Reached by tail jumps, so that the frame above is the host's. Context: any thread, inside malloc.
#pragma once

#include <stddef.h>
#include <stdint.h>

#include "collectors/heap.h"
#include "env/sys/arch.h"
#include "env/sys/compiler/attributes.h"
#include "preload/hooks/next.h"

// The bytes of a calloc. One that would wrap is refused by the real calloc, and is no sample.
inline size_t product(size_t a, size_t b) {
  size_t bytes;
  return __builtin_mul_overflow(a, b, &bytes) ? SIZE_MAX : bytes;
}

// What is done in a clean state stands in functions of their own: there are some hundred callers.

NOINLINE inline void count_sample(const void* p, size_t size, const Caller& caller) {
  const arch::CleanState clean;
  if (heap::is_sample(size)) heap::allocated(p, size, caller);
}

// `p`, of `size` bytes, has been allocated and the countdown was used up.
inline void* took(void* p, size_t size, const Inside& inside, const Caller& caller) {
  if (inside && p != nullptr) count_sample(p, size, caller);
  return p;
}

// The old block of a call goes, and what comes of it.
NOINLINE inline void block_leaves(const void* p) {
  const arch::CleanState clean;
  heap::freeing(p);
}
NOINLINE inline heap::Move block_moving(const void* p) {
  const arch::CleanState clean;
  return heap::moving(p);
}
NOINLINE inline void block_moved(const heap::Move& move, const void* p, const void* q,
                                 size_t size) {
  const arch::CleanState clean;
  heap::moved(move, p, q, size);
}

// The thread is marked across the real call: an allocator that allocates through us is not counted
// twice.
template <auto& next, typename... Arguments>
NOINLINE void* sampled_block(size_t size, Arguments... arguments) {
  const Caller caller = CALLER_OF_THIS_FUNCTION();
  const Inside inside;
  return took(next(arguments...), size, inside, caller);
}

template <auto& next>
NOINLINE int sampled_posix_memalign(void** result, size_t alignment, size_t size) {
  const Caller caller = CALLER_OF_THIS_FUNCTION();
  const Inside inside;
  const int error = next(result, alignment, size);
  if (error == 0) took(*result, size, inside, caller);
  return error;
}

template <auto& next>
NOINLINE void* sampled_realloc(void* p, size_t size) {
  const Caller caller = CALLER_OF_THIS_FUNCTION();
  const Inside inside;
  const heap::Move move = block_moving(p);
  void* q = next(p, size);
  block_moved(move, p, q, size);
  // Not counted down yet where the old block was the reason to come here.
  return heap::passes(size) ? q : took(q, size, inside, caller);
}

template <auto& next>
NOINLINE void sampled_free(void* p) {
  block_leaves(p);
  next(p);
}
