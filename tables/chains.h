// Hash tables in the tables, as the host walks and fills them: chains that are only pushed to.
//
// A chain may have been damaged by another process that maps the tables. So each reference is
// checked by the host's own bounds, each walk ends after kLongestChain steps, and damage is
// counted. All functions are lock-free. Context: any.
#pragma once

#include "tables/shared_word.h"
#include "tables/tables.h"

#pragma GCC visibility push(hidden)
namespace tables {

// No honest chain is so long: 64 MiB of the smallest texts make chains of 4,096.
constexpr unsigned kLongestChain = 8192;

// The head of the chain for `hash`; null when there is no room for its segment.
layout::AtomicRef* head(layout::HashHeads& heads, uint32_t hash, uint32_t buckets) SIGNAL_SAFE;

// The same for a reader: null where nothing was put yet.
layout::AtomicRef* head_if_there(layout::HashHeads& heads, uint32_t hash,
                                 uint32_t buckets) SIGNAL_SAFE;

// The first entry for which is_it(ref, entry) holds, from `first` up to `end`; 0: there is none.
// Only the first kBytes of an entry are sure to lie within the tables.
template <typename T, size_t kBytes = sizeof(T), typename IsIt>
layout::Ref find(layout::Ref first, layout::Ref end, IsIt is_it) {
  unsigned steps = 0;
  for (layout::Ref r = first; r != end && r != 0;) {
    T* entry = at<T>(r, kBytes);
    if (UNLIKELY(entry == nullptr || steps++ == kLongestChain)) {
      count(layout::kDamaged);
      return 0;
    }
    if (is_it(r, *entry)) return r;
    r = entry->next.load(std::memory_order_acquire);
  }
  return 0;
}

// Puts what allocate() gave in front of a chain: false if the head does not stand still. Release: a
// reader that finds the entry finds it whole.
template <typename T>
bool push(layout::AtomicRef& chain, layout::Ref fresh) {
  const auto before = [fresh](layout::Ref first) {
    made<T>(fresh)->next.store(first, std::memory_order_relaxed);
    return fresh;
  };
  const bool done = shared_word::change(chain, before, std::memory_order_release);
  if (!done) count(layout::kDamaged);
  return done;
}

// Calls visit(entry) for all entries of a table.
template <typename T, typename Visit>
void each(layout::HashHeads& heads, Visit visit) {
  uint64_t left = bounds.size / sizeof(T);
  for (const layout::AtomicRef& segment : heads.segments) {
    const layout::Ref place = segment.load(std::memory_order_acquire);
    auto* chains = at<layout::AtomicRef>(place, layout::kHeadsPerSegment * sizeof(layout::Ref));
    for (unsigned i = 0; chains != nullptr && i < layout::kHeadsPerSegment; i++) {
      find<T>(chains[i].load(std::memory_order_acquire), 0, [&](layout::Ref, T& entry) {
        visit(entry);
        return --left == 0;
      });
      if (left == 0) return count(layout::kDamaged);
    }
  }
}

// The one entry of kind T in `heads` for which `equal` holds; else one of `size` bytes is made,
// filled by `fill` and published. 0 without room. T begins with `next` and `hash`; `equal` and
// `fill` may touch `size` bytes of it.
//
// An entry is written before it is published (release) and never changes its key after; a
// reader that follows the chain loads with acquire. A thread that loses the race for the head looks
// only at what came in between; if that is its own key, the entry it made is lost (rare, bounded by
// the races).
template <typename T, typename Equal, typename Fill>
layout::Ref intern(layout::HashHeads& heads, uint32_t hash, uint32_t buckets, size_t size,
                   Equal equal, Fill fill) {
  layout::AtomicRef* chain = head(heads, hash, buckets);
  if (chain == nullptr) return 0;
  const auto is_it = [&](layout::Ref r, const T& entry) {
    return entry.hash == hash && holds(r, size) && equal(entry);
  };
  layout::Ref first = chain->load(std::memory_order_acquire);
  layout::Ref seen = 0;
  layout::Ref fresh = 0;
  for (unsigned tries = 0; tries < shared_word::kMostTries; tries++) {
    const layout::Ref known = find<T, layout::kRefUnit>(first, seen, is_it);
    if (known != 0) return known;
    if (fresh == 0) {
      fresh = allocate(size);
      if (fresh == 0) return 0;
      made<T>(fresh)->hash = hash;
      fill(*made<T>(fresh));
    }
    seen = first;
    made<T>(fresh)->next.store(first, std::memory_order_relaxed);
    if (chain->compare_exchange_strong(first, fresh, std::memory_order_release,
                                       std::memory_order_acquire)) {
      return fresh;
    }
  }
  count(layout::kDamaged);
  return 0;
}

}  // namespace tables
#pragma GCC visibility pop
