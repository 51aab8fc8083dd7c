#include "collectors/core/live_table.h"

#include <sys/mman.h>
#include <sys/syscall.h>

#include "env/safe/arch.h"
#include "env/safe/tables.h"
#include "env/safe/weight.h"

namespace live_table {

using layout::AtomicRef;
using layout::HashHeads;
using layout::Header;
using layout::LiveBlock;
using layout::Ref;

// On pages of its own: what is never written stays the kernel's page of zeros.
alignas(4096) constinit uint8_t filter[1u << kFilterBits]{};

namespace {

// Entries made since the start. Relaxed: a hint where the next goes.
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

// Where an address may have its entry: a chain of the small table, or one of the large table, which
// is begun when the small one has an entry for two chains. So chains stay short with a million
// entries, and ten do not pay for the heads of a million.
struct Place {
  HashHeads& small;
  HashHeads& large;
  uint32_t hash;
};

Place place_of(uint64_t address) {
  const uint64_t key = address >> 4;
  const uint32_t hash = tables::hash_words(&key, 1, 0);
  Header& h = tables::header();
  static_assert(layout::kLargeLive == 16);
  return {h.live, h.large_live[hash >> 28], hash};
}

bool small_is_full(const Header& h) {
  return entries_made.load(std::memory_order_relaxed) >= h.live.bucket_count / 2;
}

// The acquire pairs with insert's release.
LiveBlock* find(uint64_t address, AtomicRef* chain) {
  if (chain == nullptr) return nullptr;
  for (Ref r = chain->load(std::memory_order_acquire); r != 0;) {
    LiveBlock* block = tables::at<LiveBlock>(r);
    if (block->address.load(std::memory_order_acquire) == address) return block;
    r = block->next.load(std::memory_order_acquire);
  }
  return nullptr;
}

LiveBlock* find(uint64_t address) {
  const Place place = place_of(address);
  const uint32_t buckets = tables::header().live.bucket_count;
  LiveBlock* block = find(address, tables::head_if_there(place.large, place.hash, buckets));
  return block != nullptr ? block
                          : find(address, tables::head_if_there(place.small, place.hash, buckets));
}

// An entry of the chain that is free, claimed by kLiveBusy.
LiveBlock* claim_old(AtomicRef* chain) {
  if (chain == nullptr) return nullptr;
  for (Ref r = chain->load(std::memory_order_acquire); r != 0;) {
    LiveBlock* block = tables::at<LiveBlock>(r);
    uint64_t nobody = 0;
    if (block->address.load(std::memory_order_relaxed) == 0 &&
        block->address.compare_exchange_strong(nobody, layout::kLiveBusy,
                                               std::memory_order_acquire)) {
      return block;
    }
    r = block->next.load(std::memory_order_acquire);
  }
  return nullptr;
}

LiveBlock* make(AtomicRef* chain) {
  const Ref fresh = chain == nullptr ? 0 : tables::allocate(sizeof(LiveBlock));
  if (fresh == 0) return nullptr;
  LiveBlock* block = tables::at<LiveBlock>(fresh);
  block->address.store(layout::kLiveBusy, std::memory_order_relaxed);
  Ref first = chain->load(std::memory_order_relaxed);
  do {
    block->next.store(first, std::memory_order_relaxed);
  } while (!chain->compare_exchange_weak(first, fresh, std::memory_order_release,
                                         std::memory_order_relaxed));
  entries_made.fetch_add(1, std::memory_order_relaxed);
  return block;
}

LiveBlock* claim(uint64_t address) {
  const Place place = place_of(address);
  Header& h = tables::header();
  const uint32_t buckets = h.live.bucket_count;
  LiveBlock* block = claim_old(tables::head_if_there(place.large, place.hash, buckets));
  if (block == nullptr) block = claim_old(tables::head_if_there(place.small, place.hash, buckets));
  if (block != nullptr) return block;
  return make(tables::head(small_is_full(h) ? place.large : place.small, place.hash, buckets));
}

void add(std::atomic<double>& sum, double value) {
  double old = sum.load(std::memory_order_relaxed);
  while (!sum.compare_exchange_weak(old, old + value, std::memory_order_relaxed)) {
  }
}

// No room for it: what it stands for is told instead, so that nobody takes in-use for all there is.
void give_up(uint64_t size) {
  Header& h = tables::header();
  tables::count(layout::kLiveLost);
  for (uint32_t i = 0; i < h.mode_count; i++) {
    if (h.modes[i].live_from >= h.modes[i].value_count) continue;
    const double objects = weight::of_allocation(size, h.modes[i].period);
    add(h.unfollowed_objects, objects);
    add(h.unfollowed_bytes, objects * static_cast<double>(size));
    return;  // modes with live values are views of the same blocks
  }
}

}  // namespace

void insert(const void* p, const LiveEntry& entry) {
  const uint64_t address = reinterpret_cast<uint64_t>(p);
  LiveEntry old;
  if (may_hold(p)) remove(p, &old);
  if (!tables::is_open()) return;
  LiveBlock* block = claim(address);
  if (block == nullptr) return give_up(entry.size);
  block->size.store(entry.size, std::memory_order_relaxed);
  block->sample.store(entry.sample, std::memory_order_relaxed);
  enter_in_filter(address);
  block->address.store(address, std::memory_order_release);  // pairs with find and the encoder
}

bool remove(const void* p, LiveEntry* entry) {
  if (!tables::is_open()) return false;
  const uint64_t address = reinterpret_cast<uint64_t>(p);
  if (address <= layout::kLiveBusy) return false;
  LiveBlock* block = find(address);
  if (block == nullptr) return false;
  entry->size = block->size.load(std::memory_order_relaxed);
  entry->sample = block->sample.load(std::memory_order_relaxed);
  // A host that frees twice at once must not make the filter count down twice.
  uint64_t expected = address;
  if (!block->address.compare_exchange_strong(expected, 0, std::memory_order_release)) return false;
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
