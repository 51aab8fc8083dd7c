#include "preload/sampled_malloc.h"

#include <string.h>

#include "collectors/heap.h"
#include "env/safe/attributes.h"
#include "env/safe/real.h"

void* sampled_malloc(size_t size) {
  const Caller caller = CALLER_OF_THIS_FUNCTION();
  Guard guard;
  void* p = real::malloc(size);
  if (guard && p != nullptr && heap::is_sample(size)) heap::allocated(p, size, caller);
  return p;
}

void* sampled_calloc(size_t count, size_t each) {
  const Caller caller = CALLER_OF_THIS_FUNCTION();
  Guard guard;
  const size_t size = product(count, each);
  void* p = real::calloc(count, each);
  if (guard && p != nullptr && heap::is_sample(size)) heap::allocated(p, size, caller);
  return p;
}

int sampled_posix_memalign(void** result, size_t alignment, size_t size) {
  const Caller caller = CALLER_OF_THIS_FUNCTION();
  Guard guard;
  const int error = real::posix_memalign(result, alignment, size);
  if (guard && error == 0 && heap::is_sample(size)) heap::allocated(*result, size, caller);
  return error;
}

void* sampled_aligned_alloc(size_t alignment, size_t size) {
  const Caller caller = CALLER_OF_THIS_FUNCTION();
  Guard guard;
  void* p = real::aligned_alloc(alignment, size);
  if (guard && p != nullptr && heap::is_sample(size)) heap::allocated(p, size, caller);
  return p;
}

void* sampled_memalign(size_t alignment, size_t size) {
  const Caller caller = CALLER_OF_THIS_FUNCTION();
  Guard guard;
  void* p = real::memalign(alignment, size);
  if (guard && p != nullptr && heap::is_sample(size)) heap::allocated(p, size, caller);
  return p;
}

void* sampled_valloc(size_t size) {
  const Caller caller = CALLER_OF_THIS_FUNCTION();
  Guard guard;
  void* p = real::valloc(size);
  if (guard && p != nullptr && heap::is_sample(size)) heap::allocated(p, size, caller);
  return p;
}

void* sampled_pvalloc(size_t size) {
  const Caller caller = CALLER_OF_THIS_FUNCTION();
  Guard guard;
  void* p = real::pvalloc(size);
  if (guard && p != nullptr && heap::is_sample(size)) heap::allocated(p, size, caller);
  return p;
}

// A block from before the allocator was known is copied out of the pool and left there.
static void* move_out_of_bootstrap(void* p, size_t size) {
  void* q = real::malloc(size);
  const size_t most = real::bootstrap_size_at_most(p);
  if (q != nullptr) memcpy(q, p, size < most ? size : most);
  return q;
}

void* sampled_realloc(void* p, size_t size) {
  const Caller caller = CALLER_OF_THIS_FUNCTION();
  if (UNLIKELY(real::is_bootstrap(p))) return move_out_of_bootstrap(p, size);
  Guard guard;
  const heap::Move move = heap::moving(p);
  void* q = real::realloc(p, size);
  heap::moved(move, p, q, size);
  if (guard && q != nullptr && !heap::passes(size) && heap::is_sample(size)) {
    heap::allocated(q, size, caller);
  }
  return q;
}

void sampled_free(void* p) {
  if (UNLIKELY(real::is_bootstrap(p))) return;
  heap::freeing(p);
  real::free(p);
}
