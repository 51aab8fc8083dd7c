#include "preload/hooks/interpose_allocators.h"

#include <string.h>

// Counted after the real call, and only if it did not come to one that is counted: an operator new
// may be made of malloc, for all sizes or for some. It may also throw through us: no guard is held
// and nothing is owed across it.
namespace interpose_allocators {

namespace {

void* pointer(Word word) {
  return reinterpret_cast<void*>(word);
}

struct Words {
  Word a, b, c, d, e;
};

// `size` bytes are at `block`; a sample if they use the countdown up.
ALWAYS_INLINE void count(Word block, Word size, const Caller& caller) {
  if (block == 0 || heap::passes(size)) return;
  const Inside inside;
  took(pointer(block), size, inside, caller);
}

template <auto& next>
ALWAYS_INLINE Word allocate(Word size, const Words& w, const Caller& caller) {
  const heap::NestedCount nested;
  const Word block = next(w.a, w.b, w.c, w.d, w.e);
  if (nested.saw_nothing()) count(block, size, caller);
  return block;
}

template <auto& next>
ALWAYS_INLINE Word allocate_at(Word size, const Words& w, const Caller& caller) {
  const heap::NestedCount nested;
  const Word error = next(w.a, w.b, w.c, w.d, w.e);
  if (static_cast<int>(error) == 0 && nested.saw_nothing()) {
    count(*static_cast<const Word*>(pointer(w.a)), size, caller);
  }
  return error;
}

// A copy that is where the caller wanted it is no allocation.
template <auto& next>
ALWAYS_INLINE Word copy(const Words& w, const Caller& caller) {
  const heap::NestedCount nested;
  const Word text = next(w.a, w.b, w.c, w.d, w.e);
  if (text == 0 || text == w.b || text == w.c || !nested.saw_nothing()) return text;
  count(text, strlen(static_cast<const char*>(pointer(text))) + 1, caller);
  return text;
}

enum class Failure { kKeeps, kFrees, kTooSmall };

template <auto& next, Failure failure>
ALWAYS_INLINE Word resize(Word block, Word size, const Words& w, const Caller& caller) {
  const heap::NestedCount nested;
  const heap::Move move = block_moving(pointer(block));
  const Word result = next(w.a, w.b, w.c, w.d, w.e);
  Word now = result;
  if (failure == Failure::kTooSmall) now = result >= size ? block : 0;
  if (failure != Failure::kFrees) block_moved(move, pointer(block), pointer(now), size);
  if (nested.saw_nothing()) count(now, size, caller);
  return result;
}

template <auto& next>
NOINLINE Word sampled_release(Word a, Word b, Word c, Word d, Word e) {
  block_leaves(pointer(a));
  return next(a, b, c, d, e);
}

#define BEGIN(name)                                                                               \
  constinit Next<Call> next_##name{nullptr};                                                      \
  Word counting_##name([[maybe_unused]] Word a, [[maybe_unused]] Word b, [[maybe_unused]] Word c, \
                       [[maybe_unused]] Word d, [[maybe_unused]] Word e) {
#define WORDS \
  { a, b, c, d, e }
#define HERE CALLER_OF_THIS_FUNCTION()

#define ALLOCATES(group, name, bytes)                           \
  BEGIN(name) return allocate<next_##name>(bytes, WORDS, HERE); \
  }
#define ALLOCATES_AT(group, name, bytes)                           \
  BEGIN(name) return allocate_at<next_##name>(bytes, WORDS, HERE); \
  }
#define COPIES(group, name)                          \
  BEGIN(name) return copy<next_##name>(WORDS, HERE); \
  }
#define RELEASES(group, name)                                                                     \
  BEGIN(name)                                                                                     \
  return UNLIKELY(live_table::may_hold(pointer(a))) ? sampled_release<next_##name>(a, b, c, d, e) \
                                                    : next_##name(a, b, c, d, e);                 \
  }
#define RESIZES(group, name, block, bytes)                                            \
  BEGIN(name) return resize<next_##name, Failure::kKeeps>(block, bytes, WORDS, HERE); \
  }
#define RESIZES_OR_FREES(group, name, block, bytes)                                   \
  BEGIN(name) return resize<next_##name, Failure::kFrees>(block, bytes, WORDS, HERE); \
  }
#define EXTENDS(group, name, block, bytes)                                               \
  BEGIN(name) return resize<next_##name, Failure::kTooSmall>(block, bytes, WORDS, HERE); \
  }
#include "preload/hooks/allocators.def"

#define ROW(group, name) {#name, Group::group, counting_##name, &next_##name},
#define ALLOCATES(group, name, bytes) ROW(group, name)
#define ALLOCATES_AT(group, name, bytes) ROW(group, name)
#define COPIES(group, name) ROW(group, name)
#define RELEASES(group, name) ROW(group, name)
#define RESIZES(group, name, block, bytes) ROW(group, name)
#define RESIZES_OR_FREES(group, name, block, bytes) ROW(group, name)
#define EXTENDS(group, name, block, bytes) ROW(group, name)
constexpr EntryPoint entries[] = {
#include "preload/hooks/allocators.def"
};

// Which beginnings of names there are: three letters rule out nearly every other name.
struct PrefixFilter {
  uint64_t bits[4] = {};

  static constexpr unsigned index(const char* name) {
    unsigned hash = 0;
    for (unsigned i = 0; i < 3 && name[i] != 0; i++) {
      hash = hash * 37 + static_cast<unsigned char>(name[i]);
    }
    return hash % 256;
  }
  constexpr PrefixFilter() {
    for (const EntryPoint& entry : entries) {
      bits[index(entry.name) / 64] |= uint64_t{1} << index(entry.name) % 64;
    }
  }
  constexpr bool has(const char* name) const {
    return (bits[index(name) / 64] >> index(name) % 64 & 1) != 0;
  }
};

constexpr PrefixFilter prefixes;

}  // namespace

const EntryPoint* find(const char* name) {
  if (!prefixes.has(name)) return nullptr;
  for (const EntryPoint& entry : entries) {
    if (strcmp(entry.name, name) == 0) return &entry;
  }
  return nullptr;
}

}  // namespace interpose_allocators
