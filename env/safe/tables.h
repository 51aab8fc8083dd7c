// The mapping that holds the tables, as the host writes it: memory by offset, interned texts.
// What the entries are is env/safe/layout.h; where the mapping comes from is env/spool.h.
//
// All functions here are lock-free and may be called in a signal handler that interrupted one of
// them. Until the tables are open every allocation fails.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

#include "env/safe/attributes.h"
#include "env/safe/layout.h"

// Found by its distance, not through the GOT: nobody outside the library can name it.
#pragma GCC visibility push(hidden)
namespace tables {

// Start of the mapping; null until opened. Changes only in a forked child, before it records.
extern char* base;

// 1 while this process records; on a page that the kernel wipes in every child that gets a copy of
// this memory, also in those made without libc's fork: they never write into their parent's tables.
extern std::atomic<uint32_t>* alive;

inline bool is_open() {
  return base != nullptr && alive->load(std::memory_order_relaxed) != 0;
}
inline layout::Header& header() {
  return *reinterpret_cast<layout::Header*>(base);
}

template <typename T>
inline T* at(layout::Ref ref) {
  return reinterpret_cast<T*>(base + ref * layout::kRefUnit);
}

// Makes [begin, end) of the mapping touchable, or returns false: never a SIGBUS later, whatever the
// file system below runs out of. Offsets in bytes. Context: any.
bool populate(char* begin, char* end) SIGNAL_SAFE;

// Zeroed memory of `bytes` in the tables, aligned to 8; 0 when PROFILER_MEMORY is used up
// (counted). Context: any.
layout::Ref allocate(size_t bytes) SIGNAL_SAFE;

// The head of the chain for `hash`; null when there is no room for its segment. Context: any.
layout::AtomicRef* head(layout::HashHeads& heads, uint32_t hash, uint32_t buckets) SIGNAL_SAFE;
inline layout::AtomicRef* head(layout::HashHeads& heads, uint32_t hash) SIGNAL_SAFE {
  return head(heads, hash, heads.bucket_count);
}

// The same for a reader: null where nothing was put yet. Context: any.
inline layout::AtomicRef* head_if_there(layout::HashHeads& heads, uint32_t hash,
                                        uint32_t buckets) SIGNAL_SAFE {
  const uint32_t bucket = hash & (buckets - 1);
  const layout::Ref segment =
      heads.segments[bucket / layout::kHeadsPerSegment].load(std::memory_order_acquire);
  return segment == 0 ? nullptr
                      : at<layout::AtomicRef>(segment) + bucket % layout::kHeadsPerSegment;
}

// The one entry of kind T in `heads` for which `equal` holds; else one of `size` bytes is made,
// filled by `fill` and published. 0 without room. T has `next` and `hash`. Context: any.
//
// An entry is written before it is published (release) and never changes its key after; whoever
// follows the chain loads with acquire. A thread that loses the race for the head looks only at
// what came in between; if that is its own key, the entry it made is lost (rare, bounded by the
// races).
template <typename T, typename Equal, typename Fill>
layout::Ref intern(layout::HashHeads& heads, uint32_t hash, size_t size, Equal equal, Fill fill) {
  layout::AtomicRef* chain = head(heads, hash);
  if (chain == nullptr) return 0;
  layout::Ref first = chain->load(std::memory_order_acquire);
  layout::Ref seen = 0;
  layout::Ref fresh = 0;
  for (;;) {
    for (layout::Ref r = first; r != seen && r != 0;
         r = at<T>(r)->next.load(std::memory_order_acquire)) {
      if (at<T>(r)->hash == hash && equal(*at<T>(r))) return r;
    }
    if (fresh == 0) {
      fresh = allocate(size);
      if (fresh == 0) return 0;
      at<T>(fresh)->hash = hash;
      fill(*at<T>(fresh));
    }
    seen = first;
    at<T>(fresh)->next.store(first, std::memory_order_relaxed);
    if (chain->compare_exchange_strong(first, fresh, std::memory_order_release,
                                       std::memory_order_acquire)) {
      return fresh;
    }
  }
}

// The interned text, or 0 without room. Context: any.
layout::Ref text(std::string_view bytes) SIGNAL_SAFE;

// The interned set of `count` labels, or 0 without room. Context: any.
layout::Ref label_set(const layout::Label* labels, uint32_t count) SIGNAL_SAFE;

inline void count(layout::Counter counter, uint64_t n = 1) {
  // Relaxed: read for the comments only.
  if (is_open()) header().counters[counter].fetch_add(n, std::memory_order_relaxed);
}

// 32 bits of a 64-bit mix of the words. Context: any.
uint32_t hash_words(const uint64_t* words, size_t count, uint64_t seed) SIGNAL_SAFE;

}  // namespace tables
#pragma GCC visibility pop
