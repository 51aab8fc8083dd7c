// The open descriptors: a word for each number (layout::Header::descriptors), 0 where none is
// known.
//
// There are two copies: one in the tables, for readers, and one in the process's own memory, which
// a forked child gets as it was at the fork. Lock-free; a number belongs to one thread at a time,
// between the call that opened it and the one that closes it, but nothing breaks where a host has
// it otherwise.
#pragma once

#include <atomic>
#include <cstdint>

#include "env/sys/compiler/attributes.h"
#include "tables/layout.h"

namespace descriptor_table {

constexpr unsigned kNumbers = layout::kDescriptorSegments * layout::kDescriptorsPerSegment;

struct Word {
  layout::Ref sample;  // 0: it found no room
  uint32_t identity;   // of the file; never 0 where the descriptor is open
};

// A place for the words in fresh tables; false without room. Context: start.
bool open();

// The word of a number; all zero where none is known. Context: any.
Word get(int number) SIGNAL_SAFE;
// Puts a word in; false without room for it. Context: any.
bool put(int number, Word word) SIGNAL_SAFE;
// The same if the word is still `before`. Context: any.
bool replace(int number, Word before, Word after) SIGNAL_SAFE;
// Context: any.
void clear(int number) SIGNAL_SAFE;

// Calls visit(number, word) for all that are known, from number `first` on. Context: any.
template <typename Visit>
void for_each(unsigned first, Visit visit);

// The memory of the process's own. Context: any.
struct Segment {
  std::atomic<uint64_t> word[layout::kDescriptorsPerSegment];
};
Segment* segment(unsigned index) SIGNAL_SAFE;
inline Word word_of(uint64_t value) {
  return {static_cast<layout::Ref>(value), static_cast<uint32_t>(value >> 32)};
}

template <typename Visit>
void for_each(unsigned first, Visit visit) {
  unsigned number = first;
  while (number < kNumbers) {
    Segment* words = segment(number / layout::kDescriptorsPerSegment);
    const unsigned end =
        (number / layout::kDescriptorsPerSegment + 1) * layout::kDescriptorsPerSegment;
    for (; words != nullptr && number < end; number++) {
      const uint64_t value =
          words->word[number % layout::kDescriptorsPerSegment].load(std::memory_order_relaxed);
      if (value != 0) visit(static_cast<int>(number), word_of(value));
    }
    number = end;
  }
}

}  // namespace descriptor_table
