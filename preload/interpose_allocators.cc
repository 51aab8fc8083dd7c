#include "preload/interpose_allocators.h"

#include <string.h>

// Unlike libc's own, these may throw through us (operator new): no guard is held and nothing is
// owed across the real call.
namespace interpose_allocators {

namespace {

void* pointer(Word word) {
  return reinterpret_cast<void*>(word);
}

template <auto& next>
NOINLINE Word sampled_call(Word size, Word a, Word b, Word c, Word d, Word e) {
  const Caller caller = CALLER_OF_THIS_FUNCTION();
  const Word block = next(a, b, c, d, e);
  Guard guard;
  took(pointer(block), size, guard, caller);
  return block;
}

template <auto& next>
NOINLINE Word sampled_call_at(Word size, Word a, Word b, Word c, Word d, Word e) {
  const Caller caller = CALLER_OF_THIS_FUNCTION();
  const Word error = next(a, b, c, d, e);
  Guard guard;
  if (static_cast<int>(error) == 0) took(*static_cast<void**>(pointer(a)), size, guard, caller);
  return error;
}

template <auto& next>
NOINLINE Word sampled_copy(Word a, Word b, Word c, Word d, Word e) {
  const Caller caller = CALLER_OF_THIS_FUNCTION();
  const Word copy = next(a, b, c, d, e);
  Guard guard;
  const size_t size = copy == 0 ? 0 : strlen(static_cast<const char*>(pointer(copy))) + 1;
  if (size != 0 && !heap::passes(size)) took(pointer(copy), size, guard, caller);
  return copy;
}

struct Words {
  Word a, b, c, d, e;
};

template <auto& next, bool in_place>
NOINLINE Word sampled_resize(Word block, Word size, const Words& w) {
  const Caller caller = CALLER_OF_THIS_FUNCTION();
  const heap::Move move = heap::moving(pointer(block));
  const Word result = next(w.a, w.b, w.c, w.d, w.e);
  Guard guard;
  Word now = result;
  if (in_place) now = result >= size ? block : 0;
  heap::moved(move, pointer(block), pointer(now), size);
  if (now != 0 && !heap::passes(size)) took(pointer(now), size, guard, caller);
  return result;
}

template <auto& next>
NOINLINE Word sampled_release(Word a, Word b, Word c, Word d, Word e) {
  heap::freeing(pointer(a));
  return next(a, b, c, d, e);
}

#define ARGUMENTS                                                            \
  [[maybe_unused]] Word a, [[maybe_unused]] Word b, [[maybe_unused]] Word c, \
      [[maybe_unused]] Word d, [[maybe_unused]] Word e
#define NEXT(name) constinit Next<Call> next_##name{nullptr};

#define ALLOCATES(group, name, bytes)                                                   \
  NEXT(name)                                                                            \
  Word counting_##name(ARGUMENTS) {                                                     \
    const Word size = bytes;                                                            \
    return LIKELY(heap::passes(size)) ? next_##name(a, b, c, d, e)                      \
                                      : sampled_call<next_##name>(size, a, b, c, d, e); \
  }
#define ALLOCATES_AT(group, name, bytes)                                                   \
  NEXT(name)                                                                               \
  Word counting_##name(ARGUMENTS) {                                                        \
    const Word size = bytes;                                                               \
    return LIKELY(heap::passes(size)) ? next_##name(a, b, c, d, e)                         \
                                      : sampled_call_at<next_##name>(size, a, b, c, d, e); \
  }
#define COPIES(group, name)                          \
  NEXT(name)                                         \
  Word counting_##name(ARGUMENTS) {                  \
    return sampled_copy<next_##name>(a, b, c, d, e); \
  }
#define RELEASES(group, name)                                \
  NEXT(name)                                                 \
  Word counting_##name(ARGUMENTS) {                          \
    return UNLIKELY(live_table::may_hold(pointer(a)))        \
               ? sampled_release<next_##name>(a, b, c, d, e) \
               : next_##name(a, b, c, d, e);                 \
  }
#define RESIZES_SO(name, in_place, block, bytes)                                                \
  NEXT(name)                                                                                    \
  Word counting_##name(ARGUMENTS) {                                                             \
    const Word size = bytes;                                                                    \
    const bool plain = !live_table::may_hold(pointer(block)) && heap::passes(size);             \
    return LIKELY(plain) ? next_##name(a, b, c, d, e)                                           \
                         : sampled_resize<next_##name, in_place>(block, size, {a, b, c, d, e}); \
  }
#define RESIZES(group, name, block, bytes) RESIZES_SO(name, false, block, bytes)
#define EXTENDS(group, name, block, bytes) RESIZES_SO(name, true, block, bytes)
#include "preload/allocators.def"

#define ROW(group, name) {#name, Group::group, counting_##name, &next_##name},
#define ALLOCATES(group, name, bytes) ROW(group, name)
#define ALLOCATES_AT(group, name, bytes) ROW(group, name)
#define COPIES(group, name) ROW(group, name)
#define RELEASES(group, name) ROW(group, name)
#define RESIZES(group, name, block, bytes) ROW(group, name)
#define EXTENDS(group, name, block, bytes) ROW(group, name)
constexpr EntryPoint entries[] = {
#include "preload/allocators.def"
};

// Which beginnings of names there are: nearly every other name is told apart by three letters.
struct Beginnings {
  uint64_t bits[4] = {};

  static constexpr unsigned index(const char* name) {
    unsigned hash = 0;
    for (unsigned i = 0; i < 3 && name[i] != 0; i++) {
      hash = hash * 37 + static_cast<unsigned char>(name[i]);
    }
    return hash % 256;
  }
  constexpr Beginnings() {
    for (const EntryPoint& entry : entries) {
      bits[index(entry.name) / 64] |= uint64_t{1} << index(entry.name) % 64;
    }
  }
  constexpr bool has(const char* name) const {
    return (bits[index(name) / 64] >> index(name) % 64 & 1) != 0;
  }
};

constexpr Beginnings beginnings;

}  // namespace

const EntryPoint* find(const char* name) {
  if (!beginnings.has(name)) return nullptr;
  for (const EntryPoint& entry : entries) {
    if (strcmp(entry.name, name) == 0) return &entry;
  }
  return nullptr;
}

}  // namespace interpose_allocators
