// The malloc family. Each exported function is one indirect jump: to the next definition while heap
// is off, else to its counting twin, which counts down and jumps on. Only a sample leaves that path.
#include "preload/interpose_malloc.h"

#include <errno.h>
#include <string.h>

#include "collectors/heap.h"
#include "env/safe/attributes.h"
#include "env/safe/real.h"

namespace {

struct Entries {
  void* (*malloc)(size_t);
  void (*free)(void*);
  void* (*calloc)(size_t, size_t);
  void* (*realloc)(void*, size_t);
  int (*posix_memalign)(void**, size_t, size_t);
  void* (*aligned_alloc)(size_t, size_t);
  void* (*memalign)(size_t, size_t);
  void* (*valloc)(size_t);
  void* (*pvalloc)(size_t);
};

// What an allocation costs that would wrap: real calloc refuses it, and it is no sample.
size_t product(size_t a, size_t b) {
  size_t bytes;
  return __builtin_mul_overflow(a, b, &bytes) ? SIZE_MAX : bytes;
}

// The sampled paths. Reached by tail jumps, so that the frame above theirs is the host's. The guard
// is held across the real call: an allocator that allocates through us is not counted twice.

NOINLINE void* sampled_malloc(size_t size) {
  const Caller caller = CALLER_OF_THIS_FUNCTION();
  Guard guard;
  void* p = real::malloc(size);
  if (guard && p != nullptr && heap::is_sample(size)) heap::allocated(p, size, caller);
  return p;
}

NOINLINE void* sampled_calloc(size_t count, size_t each) {
  const Caller caller = CALLER_OF_THIS_FUNCTION();
  Guard guard;
  const size_t size = product(count, each);
  void* p = real::calloc(count, each);
  if (guard && p != nullptr && heap::is_sample(size)) heap::allocated(p, size, caller);
  return p;
}

NOINLINE int sampled_posix_memalign(void** result, size_t alignment, size_t size) {
  const Caller caller = CALLER_OF_THIS_FUNCTION();
  Guard guard;
  const int error = real::posix_memalign(result, alignment, size);
  if (guard && error == 0 && heap::is_sample(size)) heap::allocated(*result, size, caller);
  return error;
}

NOINLINE void* sampled_aligned_alloc(size_t alignment, size_t size) {
  const Caller caller = CALLER_OF_THIS_FUNCTION();
  Guard guard;
  void* p = real::aligned_alloc(alignment, size);
  if (guard && p != nullptr && heap::is_sample(size)) heap::allocated(p, size, caller);
  return p;
}

NOINLINE void* sampled_memalign(size_t alignment, size_t size) {
  const Caller caller = CALLER_OF_THIS_FUNCTION();
  Guard guard;
  void* p = real::memalign(alignment, size);
  if (guard && p != nullptr && heap::is_sample(size)) heap::allocated(p, size, caller);
  return p;
}

NOINLINE void* sampled_valloc(size_t size) {
  const Caller caller = CALLER_OF_THIS_FUNCTION();
  Guard guard;
  void* p = real::valloc(size);
  if (guard && p != nullptr && heap::is_sample(size)) heap::allocated(p, size, caller);
  return p;
}

NOINLINE void* sampled_pvalloc(size_t size) {
  const Caller caller = CALLER_OF_THIS_FUNCTION();
  Guard guard;
  void* p = real::pvalloc(size);
  if (guard && p != nullptr && heap::is_sample(size)) heap::allocated(p, size, caller);
  return p;
}

// A block from before the allocator was known is copied out of the pool and left there.
void* move_out_of_bootstrap(void* p, size_t size) {
  void* q = real::malloc(size);
  const size_t most = real::bootstrap_size_at_most(p);
  if (q != nullptr) memcpy(q, p, size < most ? size : most);
  return q;
}

NOINLINE void* sampled_realloc(void* p, size_t size) {
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

NOINLINE void sampled_free(void* p) {
  if (UNLIKELY(real::is_bootstrap(p))) return;
  heap::freeing(p);
  real::free(p);
}

void* counting_malloc(size_t size) {
  return LIKELY(heap::passes(size)) ? real::malloc(size) : sampled_malloc(size);
}

void* counting_calloc(size_t count, size_t each) {
  return LIKELY(heap::passes(product(count, each))) ? real::calloc(count, each)
                                                    : sampled_calloc(count, each);
}

void* counting_realloc(void* p, size_t size) {
  // Asked in this order: what sampled_realloc is called for has not been counted down yet.
  const bool plain = p == nullptr || !live_table::may_hold(p);
  return LIKELY(plain && heap::passes(size)) ? real::realloc(p, size) : sampled_realloc(p, size);
}

void counting_free(void* p) {
  return UNLIKELY(live_table::may_hold(p)) ? sampled_free(p) : real::free(p);
}

int counting_posix_memalign(void** result, size_t alignment, size_t size) {
  return LIKELY(heap::passes(size)) ? real::posix_memalign(result, alignment, size)
                                    : sampled_posix_memalign(result, alignment, size);
}

void* counting_aligned_alloc(size_t alignment, size_t size) {
  return LIKELY(heap::passes(size)) ? real::aligned_alloc(alignment, size)
                                    : sampled_aligned_alloc(alignment, size);
}

void* counting_memalign(size_t alignment, size_t size) {
  return LIKELY(heap::passes(size)) ? real::memalign(alignment, size)
                                    : sampled_memalign(alignment, size);
}

void* counting_valloc(size_t size) {
  return LIKELY(heap::passes(size)) ? real::valloc(size) : sampled_valloc(size);
}

void* counting_pvalloc(size_t size) {
  return LIKELY(heap::passes(size)) ? real::pvalloc(size) : sampled_pvalloc(size);
}

constexpr Entries kCounting = {counting_malloc,         counting_free,          counting_calloc,
                               counting_realloc,        counting_posix_memalign, counting_aligned_alloc,
                               counting_memalign,       counting_valloc,        counting_pvalloc};

Entries real_entries() {
  return {real::malloc,        real::free,     real::calloc, real::realloc, real::posix_memalign,
          real::aligned_alloc, real::memalign, real::valloc, real::pvalloc};
}

// The first call of any of these, from before our constructor: finds the next definitions. What the
// search itself allocates comes from a pool.
void settle();

void* first_malloc(size_t size);
void first_free(void* p);
void* first_calloc(size_t count, size_t each);
void* first_realloc(void* p, size_t size);
int first_posix_memalign(void** result, size_t alignment, size_t size);
void* first_memalign(size_t alignment, size_t size);
void* first_valloc(size_t size);

Entries entry = {first_malloc,         first_free,     first_calloc, first_realloc,
                 first_posix_memalign, first_memalign, first_memalign, first_valloc, first_valloc};
bool counting;

void settle() {
  real::resolve();
  // The pool's blocks are told apart on the counting paths alone.
  entry = counting || real::bootstrap_was_used() ? kCounting : real_entries();
}

void* first_malloc(size_t size) {
  if (real::is_resolving()) return real::bootstrap_allocate(size, 16);
  settle();
  return entry.malloc(size);
}

void first_free(void* p) {
  if (real::is_resolving() || p == nullptr) return;
  settle();
  entry.free(p);
}

void* first_calloc(size_t count, size_t each) {
  if (real::is_resolving()) return real::bootstrap_allocate(product(count, each), 16);
  settle();
  return entry.calloc(count, each);
}

void* first_realloc(void* p, size_t size) {
  if (real::is_resolving()) {
    void* q = real::bootstrap_allocate(size, 16);
    if (p == nullptr || q == nullptr) return q;
    const size_t most = real::bootstrap_size_at_most(p);
    return memmove(q, p, size < most ? size : most);
  }
  settle();
  return entry.realloc(p, size);
}

int first_posix_memalign(void** result, size_t alignment, size_t size) {
  settle();
  return entry.posix_memalign(result, alignment, size);
}

void* first_memalign(size_t alignment, size_t size) {
  settle();
  return real::memalign(alignment, size);
}

void* first_valloc(size_t size) {
  settle();
  return real::valloc(size);
}

}  // namespace

namespace interpose_malloc {

void arm() {
  counting = true;
  settle();
}

void disarm() {
  counting = false;
  settle();
}

}  // namespace interpose_malloc

extern "C" {

EXPORT void* malloc(size_t size) noexcept { return entry.malloc(size); }
EXPORT void free(void* p) noexcept { entry.free(p); }
EXPORT void* calloc(size_t count, size_t each) noexcept { return entry.calloc(count, each); }
EXPORT void* realloc(void* p, size_t size) noexcept { return entry.realloc(p, size); }
EXPORT int posix_memalign(void** result, size_t alignment, size_t size) noexcept {
  return entry.posix_memalign(result, alignment, size);
}
EXPORT void* aligned_alloc(size_t alignment, size_t size) noexcept {
  return entry.aligned_alloc(alignment, size);
}
EXPORT void* memalign(size_t alignment, size_t size) noexcept {
  return entry.memalign(alignment, size);
}
EXPORT void* valloc(size_t size) noexcept { return entry.valloc(size); }
EXPORT void* pvalloc(size_t size) noexcept { return entry.pvalloc(size); }

// Composed of the others, as libc does: counted once.
EXPORT void* reallocarray(void* p, size_t count, size_t each) noexcept {
  size_t size;
  if (UNLIKELY(__builtin_mul_overflow(count, each, &size))) {
    errno = ENOMEM;
    return nullptr;
  }
  return entry.realloc(p, size);
}
EXPORT void cfree(void* p) noexcept { entry.free(p); }
EXPORT void free_sized(void* p, size_t) noexcept { entry.free(p); }
EXPORT void free_aligned_sized(void* p, size_t, size_t) noexcept { entry.free(p); }

}  // extern "C"
