// Entries that come and go, found by an address: chains of LiveBlock in the tables. What is sampled
// and not freed (live_table.h), and the keys of the host's own profiles (reference_table.h).
//
// Only the thread that claimed an entry fills it, and one compare and exchange takes it out, so no
// thread ever sees half of one. Lock-free. Context: any.
#pragma once

#include <atomic>
#include <cstdint>

#include "env/sys/compiler/attributes.h"
#include "tables/layout.h"

namespace live_entries {

// The large table is begun when the small one has an entry for two chains: so chains stay short
// with a million entries, and ten do not pay for the heads of a million.
struct Table {
  layout::HashHeads& small;
  layout::HashHeads& large;     // the one of layout::kLargeLive that the hash names
  uint32_t hash;                // of what is looked for
  std::atomic<uint64_t>& made;  // entries since the start; relaxed: a hint where the next goes
};

// Which of the large tables a hash belongs to.
inline uint32_t large_part_of(uint32_t hash) {
  static_assert(layout::kLargeLive == 16);
  return hash >> 28;
}

// The entry of this address, and of this size unless that is null; null if there is none.
layout::LiveBlock* find(const Table& table, uint64_t address,
                        const uint64_t* size = nullptr) SIGNAL_SAFE;

// An entry to be filled, whose address is kLiveBusy until its own is stored with release; null
// without room.
layout::LiveBlock* claim(const Table& table) SIGNAL_SAFE;

// Takes the entry out; false if another did so first.
inline bool take_out(layout::LiveBlock& entry, uint64_t address) SIGNAL_SAFE {
  return entry.address.compare_exchange_strong(address, 0, std::memory_order_release);
}

}  // namespace live_entries
