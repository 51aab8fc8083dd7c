// The malloc family. Each exported function is one indirect jump: to the next definition while heap
// is off, else to its counting twin, which counts down and jumps on. Only a sample leaves that
// path.
#include "preload/interpose_malloc.h"

#include <errno.h>
#include <string.h>

#include <atomic>

#include "collectors/heap.h"
#include "env/safe/attributes.h"
#include "env/safe/real.h"
#include "preload/sampled_malloc.h"

namespace {

// Where the exported functions jump to. Relaxed: each pointer alone is right at any time, and
// threads that still use the old one for a moment count, or do not count, one call more.
template <typename Function>
class Target {
 public:
  constexpr explicit Target(Function* first) : function_(first) {}
  void operator=(Function* next) { function_.store(next, std::memory_order_relaxed); }
  template <typename... Arguments>
  ALWAYS_INLINE auto operator()(Arguments... arguments) const {
    return function_.load(std::memory_order_relaxed)(arguments...);
  }

 private:
  std::atomic<Function*> function_;
};

void* first_malloc(size_t size);
void first_free(void* p);
void* first_calloc(size_t count, size_t each);
void* first_realloc(void* p, size_t size);
int first_posix_memalign(void** result, size_t alignment, size_t size);
void* first_memalign(size_t alignment, size_t size);
void* first_valloc(size_t size);

struct {
  Target<void*(size_t)> malloc{first_malloc};
  Target<void(void*)> free{first_free};
  Target<void*(size_t, size_t)> calloc{first_calloc};
  Target<void*(void*, size_t)> realloc{first_realloc};
  Target<int(void**, size_t, size_t)> posix_memalign{first_posix_memalign};
  Target<void*(size_t, size_t)> aligned_alloc{first_memalign};
  Target<void*(size_t, size_t)> memalign{first_memalign};
  Target<void*(size_t)> valloc{first_valloc};
  Target<void*(size_t)> pvalloc{first_valloc};
} constinit entry;

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

bool counting;

void settle() {
  real::resolve();
  // The pool's blocks are told apart on the counting paths alone.
  const bool own = counting || real::bootstrap_was_used();
#define SETTLE(name) entry.name = own ? counting_##name : real::name
  SETTLE(malloc);
  SETTLE(free);
  SETTLE(calloc);
  SETTLE(realloc);
  SETTLE(posix_memalign);
  SETTLE(aligned_alloc);
  SETTLE(memalign);
  SETTLE(valloc);
  SETTLE(pvalloc);
#undef SETTLE
}

// The first call of any of these, from before our constructor: finds the next definitions. What the
// search itself allocates comes from a pool.

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

EXPORT void* malloc(size_t size) noexcept {
  return entry.malloc(size);
}
EXPORT void free(void* p) noexcept {
  entry.free(p);
}
EXPORT void* calloc(size_t count, size_t each) noexcept {
  return entry.calloc(count, each);
}
EXPORT void* realloc(void* p, size_t size) noexcept {
  return entry.realloc(p, size);
}
EXPORT int posix_memalign(void** result, size_t alignment, size_t size) noexcept {
  return entry.posix_memalign(result, alignment, size);
}
EXPORT void* aligned_alloc(size_t alignment, size_t size) noexcept {
  return entry.aligned_alloc(alignment, size);
}
EXPORT void* memalign(size_t alignment, size_t size) noexcept {
  return entry.memalign(alignment, size);
}
EXPORT void* valloc(size_t size) noexcept {
  return entry.valloc(size);
}
EXPORT void* pvalloc(size_t size) noexcept {
  return entry.pvalloc(size);
}

// Composed of the others, as libc does: counted once.
EXPORT void* reallocarray(void* p, size_t count, size_t each) noexcept {
  size_t size;
  if (UNLIKELY(__builtin_mul_overflow(count, each, &size))) {
    errno = ENOMEM;
    return nullptr;
  }
  return entry.realloc(p, size);
}
EXPORT void cfree(void* p) noexcept {
  entry.free(p);
}
EXPORT void free_sized(void* p, size_t) noexcept {
  entry.free(p);
}
EXPORT void free_aligned_sized(void* p, size_t, size_t) noexcept {
  entry.free(p);
}

}  // extern "C"
