#include "collectors/core/live_table.h"

#include "env/safe/tables.h"

namespace live_table {

using layout::AtomicRef;
using layout::LiveBlock;
using layout::Ref;

constinit std::atomic<uint8_t> filter[1u << kFilterBits]{};

namespace {

uint32_t chain_of(uint64_t address) {
  return static_cast<uint32_t>(hash(address) >> 32);
}

std::atomic<uint8_t>& class_of(uint64_t address) {
  return filter[hash(address) >> (64 - kFilterBits)];
}

void enter_in_filter(uint64_t address) {
  std::atomic<uint8_t>& cell = class_of(address);
  uint8_t n = cell.load(std::memory_order_relaxed);
  while (n != 255 &&
         !cell.compare_exchange_weak(n, static_cast<uint8_t>(n + 1), std::memory_order_relaxed)) {
  }
}

void leave_filter(uint64_t address) {
  std::atomic<uint8_t>& cell = class_of(address);
  uint8_t n = cell.load(std::memory_order_relaxed);
  while (n != 255 && n != 0 &&
         !cell.compare_exchange_weak(n, static_cast<uint8_t>(n - 1), std::memory_order_relaxed)) {
  }
}

// The entry of `address` in its chain, or null. The acquire pairs with insert's release.
LiveBlock* find(uint64_t address, AtomicRef* chain) {
  for (Ref r = chain->load(std::memory_order_acquire); r != 0;) {
    LiveBlock* block = tables::at<LiveBlock>(r);
    if (block->address.load(std::memory_order_acquire) == address) return block;
    r = block->next.load(std::memory_order_acquire);
  }
  return nullptr;
}

// An entry of the chain that is free, claimed by kLiveBusy; a new one if there is none.
LiveBlock* claim(AtomicRef* chain) {
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
  const Ref fresh = tables::allocate(sizeof(LiveBlock));
  if (fresh == 0) return nullptr;
  LiveBlock* block = tables::at<LiveBlock>(fresh);
  block->address.store(layout::kLiveBusy, std::memory_order_relaxed);
  Ref first = chain->load(std::memory_order_relaxed);
  do {
    block->next.store(first, std::memory_order_relaxed);
  } while (!chain->compare_exchange_weak(first, fresh, std::memory_order_release,
                                         std::memory_order_relaxed));
  return block;
}

}  // namespace

void insert(const void* p, const LiveEntry& entry) {
  const uint64_t address = reinterpret_cast<uint64_t>(p);
  LiveEntry old;
  if (may_hold(p)) remove(p, &old);
  if (!tables::is_open()) return;
  AtomicRef* chain = tables::head(tables::header().live, chain_of(address));
  LiveBlock* block = chain == nullptr ? nullptr : claim(chain);
  if (block == nullptr) return tables::count(layout::kLiveLost);
  block->size.store(entry.size, std::memory_order_relaxed);
  block->sample.store(entry.sample, std::memory_order_relaxed);
  enter_in_filter(address);
  block->address.store(address, std::memory_order_release);  // pairs with find and the encoder
}

bool remove(const void* p, LiveEntry* entry) {
  if (!tables::is_open()) return false;
  const uint64_t address = reinterpret_cast<uint64_t>(p);
  AtomicRef* chain = tables::head(tables::header().live, chain_of(address));
  LiveBlock* block = chain == nullptr ? nullptr : find(address, chain);
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
  for (auto& cell : filter) {
    if (cell.load(std::memory_order_relaxed) != 0) cell.store(0, std::memory_order_relaxed);
  }
}

}  // namespace live_table
