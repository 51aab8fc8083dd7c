// The malloc family. Each exported function counts down (malloc) or asks the filter of live blocks
// (free), some eight instructions, and jumps on to the next definition. Only a sample leaves that
// path. While heap is off the same is done, and no sample comes of it; the calls of the objects
// that were there at the start are then led past us (got_slots.h).
#include "preload/hooks/interpose_malloc.h"

#include <errno.h>
#include <string.h>

#include "env/sys/real.h"
#include "preload/hooks/sampled_malloc.h"

namespace {

void* first_malloc(size_t size);
void first_free(void* p);
void* first_calloc(size_t count, size_t each);
void* first_realloc(void* p, size_t size);
int first_posix_memalign(void** result, size_t alignment, size_t size);
void* first_aligned_alloc(size_t alignment, size_t size);
void* first_memalign(size_t alignment, size_t size);
void* first_valloc(size_t size);
void* first_pvalloc(size_t size);
size_t first_usable_size(void* p);

constinit Next<void*(size_t)> next_malloc{first_malloc};
constinit Next<void(void*)> next_free{first_free};
constinit Next<void*(size_t, size_t)> next_calloc{first_calloc};
constinit Next<void*(void*, size_t)> next_realloc{first_realloc};
constinit Next<int(void**, size_t, size_t)> next_posix_memalign{first_posix_memalign};
constinit Next<void*(size_t, size_t)> next_aligned_alloc{first_aligned_alloc};
constinit Next<void*(size_t, size_t)> next_memalign{first_memalign};
constinit Next<void*(size_t)> next_valloc{first_valloc};
constinit Next<void*(size_t)> next_pvalloc{first_pvalloc};
constinit Next<size_t(void*)> next_usable_size{first_usable_size};

// Once something was allocated before the allocator below was known, blocks are distinguished.

void pool_or_free(void* p) {
  if (!real::is_bootstrap(p)) real::free(p);
}

// A block of the pool is copied and left there.
void* pool_or_realloc(void* p, size_t size) {
  if (!real::is_bootstrap(p)) return real::realloc(p, size);
  void* q = real::malloc(size);
  const size_t before = real::bootstrap_size(p);
  return q == nullptr ? nullptr : memcpy(q, p, size < before ? size : before);
}

size_t pool_or_usable_size(void* p) {
  return real::is_bootstrap(p) ? real::bootstrap_size(p) : real::malloc_usable_size(p);
}

// For allocators other than libc's: their functions may come back to us by the names of others of
// the family, for all sizes or for some. Then they are counted there, and here not.

template <auto& function, typename Result, typename... Arguments>
Result if_not_below(size_t size, Arguments... arguments) {
  if (!heap::give_back(size)) return function(arguments...);
  const heap::NestedCount nested;
  const Result result = function(arguments...);
  if (nested.saw_nothing()) heap::passes(size);
  return result;
}

void* once_calloc(size_t count, size_t each) {
  return if_not_below<real::calloc, void*>(product(count, each), count, each);
}
void* once_realloc(void* p, size_t size) {
  return if_not_below<real::realloc, void*>(size, p, size);
}
int once_posix_memalign(void** result, size_t alignment, size_t size) {
  return if_not_below<real::posix_memalign, int>(size, result, alignment, size);
}
template <auto& function>
void* once_aligned(size_t alignment, size_t size) {
  return if_not_below<function, void*>(size, alignment, size);
}
template <auto& function>
void* once_pages(size_t size) {
  return if_not_below<function, void*>(size, size);
}

void settle() {
  real::resolve();
  next_malloc = real::malloc;
  next_calloc = real::calloc;
  next_posix_memalign = real::posix_memalign;
  next_aligned_alloc = real::aligned_alloc;
  next_memalign = real::memalign;
  next_valloc = real::valloc;
  next_pvalloc = real::pvalloc;
  const bool pool = real::bootstrap_was_used();
  next_free = pool ? pool_or_free : real::free;
  next_realloc = pool ? pool_or_realloc : real::realloc;
  next_usable_size = pool ? pool_or_usable_size : real::malloc_usable_size;
}

// The first call of any of these, from before our constructor: finds the next definitions. What the
// search itself allocates comes from a pool.

void* first_malloc(size_t size) {
  if (real::is_resolving()) return real::bootstrap_allocate(size, 16);
  settle();
  return real::malloc(size);
}

void first_free(void* p) {
  if (real::is_resolving() || p == nullptr) return;
  settle();
  next_free(p);
}

void* first_calloc(size_t count, size_t each) {
  if (real::is_resolving()) return real::bootstrap_allocate(product(count, each), 16);
  settle();
  return real::calloc(count, each);
}

void* first_realloc(void* p, size_t size) {
  if (real::is_resolving()) {
    void* q = real::bootstrap_allocate(size, 16);
    if (p == nullptr || q == nullptr) return q;
    const size_t before = real::bootstrap_size(p);
    return memcpy(q, p, size < before ? size : before);
  }
  settle();
  return next_realloc(p, size);
}

int first_posix_memalign(void** result, size_t alignment, size_t size) {
  if (real::is_resolving()) {
    *result = real::bootstrap_allocate(size, alignment);
    return *result == nullptr ? ENOMEM : 0;
  }
  settle();
  return real::posix_memalign(result, alignment, size);
}

void* first_aligned_alloc(size_t alignment, size_t size) {
  if (real::is_resolving()) return real::bootstrap_allocate(size, alignment);
  settle();
  return real::aligned_alloc(alignment, size);
}

void* first_memalign(size_t alignment, size_t size) {
  if (real::is_resolving()) return real::bootstrap_allocate(size, alignment);
  settle();
  return real::memalign(alignment, size);
}

constexpr size_t kPage = 4096;

void* first_valloc(size_t size) {
  if (real::is_resolving()) return real::bootstrap_allocate(size, kPage);
  settle();
  return real::valloc(size);
}

void* first_pvalloc(size_t size) {
  if (real::is_resolving()) {
    return real::bootstrap_allocate((size + kPage - 1) & ~(kPage - 1), kPage);
  }
  settle();
  return real::pvalloc(size);
}

size_t first_usable_size(void* p) {
  if (p == nullptr) return 0;
  if (!real::is_resolving()) settle();
  return pool_or_usable_size(p);
}

}  // namespace

namespace interpose_malloc {

void settle_now() {
  settle();
}

void expect_calls_of_its_own() {
  next_calloc = once_calloc;
  next_realloc = real::bootstrap_was_used() ? pool_or_realloc : once_realloc;
  next_posix_memalign = once_posix_memalign;
  next_aligned_alloc = once_aligned<real::aligned_alloc>;
  next_memalign = once_aligned<real::memalign>;
  next_valloc = once_pages<real::valloc>;
  next_pvalloc = once_pages<real::pvalloc>;
}

}  // namespace interpose_malloc

extern "C" {

EXPORT void* malloc(size_t size) noexcept {
  return LIKELY(heap::passes(size)) ? next_malloc(size) : sampled_block<next_malloc>(size, size);
}

EXPORT void free(void* p) noexcept {
  return UNLIKELY(live_table::may_hold(p)) ? sampled_free<next_free>(p) : next_free(p);
}

EXPORT void* calloc(size_t count, size_t each) noexcept {
  const size_t size = product(count, each);
  return LIKELY(heap::passes(size)) ? next_calloc(count, each)
                                    : sampled_block<next_calloc>(size, count, each);
}

EXPORT void* realloc(void* p, size_t size) noexcept {
  const bool plain = p == nullptr || !live_table::may_hold(p);
  return LIKELY(plain && heap::passes(size)) ? next_realloc(p, size)
                                             : sampled_realloc<next_realloc>(p, size);
}

EXPORT int posix_memalign(void** result, size_t alignment, size_t size) noexcept {
  return LIKELY(heap::passes(size))
             ? next_posix_memalign(result, alignment, size)
             : sampled_posix_memalign<next_posix_memalign>(result, alignment, size);
}

EXPORT void* aligned_alloc(size_t alignment, size_t size) noexcept {
  return LIKELY(heap::passes(size)) ? next_aligned_alloc(alignment, size)
                                    : sampled_block<next_aligned_alloc>(size, alignment, size);
}

EXPORT void* memalign(size_t alignment, size_t size) noexcept {
  return LIKELY(heap::passes(size)) ? next_memalign(alignment, size)
                                    : sampled_block<next_memalign>(size, alignment, size);
}

EXPORT void* valloc(size_t size) noexcept {
  return LIKELY(heap::passes(size)) ? next_valloc(size) : sampled_block<next_valloc>(size, size);
}

EXPORT void* pvalloc(size_t size) noexcept {
  return LIKELY(heap::passes(size)) ? next_pvalloc(size) : sampled_block<next_pvalloc>(size, size);
}

// libc's reallocarray comes to realloc; other allocators', and the names for free that not every
// libc has, are led to us where there are such (allocators.def).
EXPORT size_t malloc_usable_size(void* p) noexcept {
  return next_usable_size(p);
}

[[gnu::alias("malloc"), gnu::copy(malloc)]] decltype(own_malloc) own_malloc;
[[gnu::alias("free"), gnu::copy(free)]] decltype(own_free) own_free;
[[gnu::alias("calloc"), gnu::copy(calloc)]] decltype(own_calloc) own_calloc;
[[gnu::alias("realloc"), gnu::copy(realloc)]] decltype(own_realloc) own_realloc;
[[gnu::alias("posix_memalign"),
  gnu::copy(posix_memalign)]] decltype(own_posix_memalign) own_posix_memalign;
[[gnu::alias("aligned_alloc"),
  gnu::copy(aligned_alloc)]] decltype(own_aligned_alloc) own_aligned_alloc;
[[gnu::alias("memalign"), gnu::copy(memalign)]] decltype(own_memalign) own_memalign;

}  // extern "C"
