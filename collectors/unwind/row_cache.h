// What a walk needs of nearly every frame, in 29 bits, and a cache of it by address.
//
// One 8-byte word holds tag and row together, so that a torn or foreign row cannot be seen. Sets of
// four words in half a cache line, the newest first, the oldest drops out: with single places two
// frames of one deep stack would drive each other out at every walk. The set is the place in the
// page, the tag the page: together they are the address, so there is no false hit. No hash: its
// multiplication would stand in the chain of loads from frame to frame (a quarter of its length).
#pragma once

#include <atomic>
#include <cstdint>

#include "env/sys/compiler/attributes.h"

enum class RowKind : uint32_t {
  kAbsent = 0,        // not in the cache
  kFromSp = 1,        // CFA = rsp + cfa_words * 8
  kFromFp = 2,        // CFA = rbp + cfa_words * 8
  kFramePointer = 3,  // no rule: rbp is taken for a frame pointer
  kOutermost = 4,     // the thread's first frame
  kFull = 5,          // needs the full rules: an expression, another register, a signal frame
};

struct Row {
  static constexpr unsigned kWordBits = 13;
  static constexpr uint32_t kMaxWords = (1u << kWordBits) - 1;

  RowKind kind = RowKind::kAbsent;
  uint32_t cfa_words = 0;
  uint32_t fp_words = 0;  // rbp is saved at CFA - fp_words * 8; 0: it is unchanged

  // The size of the frame is lowest: it is what the next load waits for.
  uint64_t pack() const {
    return cfa_words | uint64_t{fp_words} << kWordBits | static_cast<uint64_t>(kind) << 26;
  }
  static Row unpack(uint64_t bits) {
    return {static_cast<RowKind>(bits >> 26 & 7), static_cast<uint32_t>(bits & kMaxWords),
            static_cast<uint32_t>(bits >> kWordBits & kMaxWords)};
  }
};

class RowCache {
 public:
  ALWAYS_INLINE Row find(uint64_t pc) const SIGNAL_SAFE {
    const Set& set = sets_[index_of(pc)];
    const uint64_t tag = tag_of(pc);
    // Relaxed: the word is all there is.
    uint64_t word = set.places[0].load(std::memory_order_relaxed);
    if (LIKELY(word >> kRowBits == tag)) return Row::unpack(word);
    for (unsigned i = 1; i < kWays; i++) {
      word = set.places[i].load(std::memory_order_relaxed);
      if (word >> kRowBits == tag) return Row::unpack(word);
    }
    return {};
  }

  // Two threads that do this at once may lose a row or keep one twice.
  void put(uint64_t pc, Row row) SIGNAL_SAFE {
    uint64_t word = tag_of(pc) << kRowBits | row.pack();
    for (std::atomic<uint64_t>& place : sets_[index_of(pc)].places) {
      const uint64_t older = place.load(std::memory_order_relaxed);
      place.store(word, std::memory_order_relaxed);
      word = older;
    }
  }

  // How often it was cleared, from 1.
  uint32_t generation() const { return generation_.load(std::memory_order_relaxed) + 1; }

  // After code has gone: its addresses may come to mean something else.
  void clear() {
    // Before, and after: a walk in between may have met rows of both.
    generation_.fetch_add(1, std::memory_order_relaxed);
    for (Set& set : sets_) {
      // Not written where nothing is: a forked child's pages stay its parent's.
      for (std::atomic<uint64_t>& place : set.places) {
        if (place.load(std::memory_order_relaxed) == 0) continue;
        place.store(0, std::memory_order_relaxed);
      }
    }
    generation_.fetch_add(1, std::memory_order_release);
  }

 private:
  static constexpr unsigned kAddressBits = 47, kIndexBits = 12, kRowBits = 29, kWays = 4;
  static_assert(kAddressBits - kIndexBits + kRowBits <= 64);

  // By pc + 1, which is the return address as it was loaded. An empty word has the tag of the first
  // page and no row.
  static uint64_t index_of(uint64_t pc) { return (pc + 1) & ((uint64_t{1} << kIndexBits) - 1); }
  static uint64_t tag_of(uint64_t pc) { return (pc + 1) >> kIndexBits; }

  struct alignas(8 * kWays) Set {
    std::atomic<uint64_t> places[kWays];
  };
  Set sets_[1u << kIndexBits];
  std::atomic<uint32_t> generation_;
};
