// The sampled blocks that have not been freed: address -> (size, sample).
//
// A release is recorded before the real call: after it another thread may own the address. free
// asks may_hold first, which says no for nearly all with one byte load.
#pragma once

#include <atomic>
#include <cstdint>

#include "env/sys/arch.h"
#include "env/sys/compiler/attributes.h"
#include "tables/layout.h"

struct LiveEntry {
  uint64_t size;
  layout::Ref sample;  // 0: none
};

// Found by its distance, not through the GOT: no code outside the library can name it.
#pragma GCC visibility push(hidden)
namespace live_table {

// A map of the address space: one byte for each 2 KiB, 4 GiB before it repeats itself. The byte
// counts the sampled blocks that begin there, 255 sticks; a counter, not a bit, so that it empties
// again. Neighbours share its cache lines, and it costs memory only where the heap is: a page for
// 8 MiB. Blocks a large power of two apart share cells: so large ones that one look more is nothing
// beside what their pages cost. Relaxed: a thread that frees a block got its address from the
// thread that allocated it, in an order that the host itself makes.
constexpr unsigned kCellShift = 11;
constexpr unsigned kFilterBits = 21;
// Plain bytes, used by atomic_ref: as many atomics exceed what a compiler constructs beforehand.
extern uint8_t filter[1u << kFilterBits];

inline uint64_t cell_of(uint64_t address) {
  static_assert(kCellShift + kFilterBits == 32);  // half a register: no mask
  return static_cast<uint32_t>(address) >> kCellShift;
}

inline bool may_hold(const void* p) SIGNAL_SAFE {
  return arch::is_set(filter[cell_of(reinterpret_cast<uint64_t>(p))]);
}

// Context: any thread, the block is the caller's. An entry that is there for the same address is an
// old one whose free was not seen: it is replaced, and given in `old` (else one of size 0). False:
// there was no room, which is counted in Header::unfollowed_*.
bool insert(const void* p, const LiveEntry& entry, LiveEntry* old) SIGNAL_SAFE;

// Takes the entry out, if there is one. Context: any thread, the block is the caller's.
bool remove(const void* p, LiveEntry* entry) SIGNAL_SAFE;

// A forked child begins with nothing. Context: one thread.
void clear();

}  // namespace live_table
#pragma GCC visibility pop
