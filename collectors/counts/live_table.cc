#include "collectors/counts/live_table.h"

#include <sys/mman.h>
#include <sys/syscall.h>

#include "collectors/counts/live_entries.h"
#include "env/sys/arch.h"
#include "tables/shared_word.h"
#include "tables/tables.h"
#include "tables/weight.h"

namespace live_table {

using layout::Header;
using layout::LiveBlock;

// On pages of its own: what is never written stays the kernel's page of zeros.
alignas(4096) constinit uint8_t filter[1u << kFilterBits]{};

namespace {

constinit std::atomic<uint64_t> entries_made{0};

void enter_in_filter(uint64_t address) {
  const std::atomic_ref cell(filter[cell_of(address)]);
  uint8_t n = cell.load(std::memory_order_relaxed);
  while (n != 255 &&
         !cell.compare_exchange_weak(n, static_cast<uint8_t>(n + 1), std::memory_order_relaxed)) {
  }
}

void leave_filter(uint64_t address) {
  const std::atomic_ref cell(filter[cell_of(address)]);
  uint8_t n = cell.load(std::memory_order_relaxed);
  while (n != 255 && n != 0 &&
         !cell.compare_exchange_weak(n, static_cast<uint8_t>(n - 1), std::memory_order_relaxed)) {
  }
}

live_entries::Table place_of(uint64_t address) {
  const uint32_t hash = tables::hash_word(address >> 4);
  Header& h = tables::header();
  return {h.live, h.large_live[live_entries::large_part_of(hash)], hash, entries_made};
}

// The table has no room for the block: its weight is reported, so that in-use is known as partial.
void give_up(uint64_t size) {
  Header& h = tables::header();
  tables::count(layout::kLiveLost);
  for (uint32_t i = 0; i < tables::mode_count(); i++) {
    if (h.modes[i].live_from >= h.modes[i].value_count ||
        h.modes[i].live_kind != layout::LiveKind::kBlocks) {
      continue;
    }
    const double objects = weight::of_allocation(size, h.modes[i].period);
    shared_word::add(h.unfollowed_objects, objects);
    shared_word::add(h.unfollowed_bytes, objects * static_cast<double>(size));
    return;  // modes with live values are views of the same blocks
  }
}

}  // namespace

bool insert(const void* p, const LiveEntry& entry, LiveEntry* old) {
  const uint64_t address = reinterpret_cast<uint64_t>(p);
  *old = {0, 0};
  if (may_hold(p) && remove(p, old)) tables::count(layout::kFreedPast);
  if (!tables::is_open()) return false;
  LiveBlock* block = live_entries::claim(place_of(address));
  if (block == nullptr) {
    give_up(entry.size);
    return false;
  }
  block->size.store(entry.size, std::memory_order_relaxed);
  block->sample.store(entry.sample, std::memory_order_relaxed);
  enter_in_filter(address);
  block->address.store(address, std::memory_order_release);  // pairs with find and the encoder
  return true;
}

bool remove(const void* p, LiveEntry* entry) {
  if (!tables::is_open()) return false;
  const uint64_t address = reinterpret_cast<uint64_t>(p);
  if (address <= layout::kLiveBusy) return false;
  LiveBlock* block = live_entries::find(place_of(address), address);
  if (block == nullptr) return false;
  entry->size = block->size.load(std::memory_order_relaxed);
  entry->sample = block->sample.load(std::memory_order_relaxed);
  // A host that frees twice at once must not make the filter count down twice.
  if (!live_entries::take_out(*block, address)) return false;
  leave_filter(address);
  return true;
}

void clear() {
  // Given back to the kernel, not written: a child would first be given copies of its parent's
  // pages. Pages that are locked cannot be given back.
  if (arch::syscall(SYS_madvise, filter, sizeof filter, MADV_DONTNEED) != 0) {
    for (uint8_t& cell : filter) {
      if (cell != 0) cell = 0;
    }
  }
  entries_made.store(0, std::memory_order_relaxed);
}

}  // namespace live_table
