// What a walk needs of nearly every frame, in 29 bits, and a cache of it by address.
//
// One 8-byte word holds tag and row together, so that a torn or foreign row cannot be seen. Sets of
// four words in one cache line, the newest first, the oldest drops out: with single places two
// frames of one deep stack would drive each other out at every walk. The hash is a bijection of the
// 47 address bits, so tag and index together are the address: no false hit.
#pragma once

#include <atomic>
#include <cstdint>

#include "env/safe/attributes.h"

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

  uint64_t pack() const {
    return static_cast<uint64_t>(kind) | uint64_t{cfa_words} << 3 | uint64_t{fp_words} << 16;
  }
  static Row unpack(uint64_t bits) {
    return {static_cast<RowKind>(bits & 7), static_cast<uint32_t>(bits >> 3 & kMaxWords),
            static_cast<uint32_t>(bits >> 16 & kMaxWords)};
  }
};

class RowCache {
 public:
  Row find(uint64_t pc) const SIGNAL_SAFE {
    const uint64_t key = scramble(pc);
    for (const std::atomic<uint64_t>& place : sets_[key >> kTagBits].places) {
      // Relaxed: the word is all there is.
      const uint64_t word = place.load(std::memory_order_relaxed);
      if (word >> kRowBits == (key & kTagMask) && (word & kRowMask) != 0) {
        return Row::unpack(word & kRowMask);
      }
    }
    return {};
  }

  // Two threads that do this at once may lose a row or keep one twice.
  void put(uint64_t pc, Row row) SIGNAL_SAFE {
    const uint64_t key = scramble(pc);
    uint64_t word = (key & kTagMask) << kRowBits | row.pack();
    for (std::atomic<uint64_t>& place : sets_[key >> kTagBits].places) {
      const uint64_t older = place.load(std::memory_order_relaxed);
      place.store(word, std::memory_order_relaxed);
      word = older;
    }
  }

  // After code has gone: its addresses may come to mean something else.
  void clear() {
    for (Set& set : sets_) {
      for (std::atomic<uint64_t>& place : set.places) place.store(0, std::memory_order_relaxed);
    }
  }

 private:
  static constexpr unsigned kAddressBits = 47, kIndexBits = 12, kRowBits = 29, kWays = 4;
  static constexpr unsigned kTagBits = kAddressBits - kIndexBits;
  static constexpr uint64_t kTagMask = (uint64_t{1} << kTagBits) - 1;
  static constexpr uint64_t kRowMask = (uint64_t{1} << kRowBits) - 1;
  static_assert(kTagBits + kRowBits <= 64);

  // An odd factor: a bijection modulo 2^47, whose high bits depend on all bits of the address.
  static uint64_t scramble(uint64_t pc) {
    return pc * 0x9e3779b97f4a7c15u & ((uint64_t{1} << kAddressBits) - 1);
  }

  struct alignas(8 * kWays) Set {
    std::atomic<uint64_t> places[kWays];
  };
  Set sets_[1u << kIndexBits];
};
