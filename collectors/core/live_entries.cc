#include "collectors/core/live_entries.h"

#include "env/safe/tables.h"

namespace live_entries {

using layout::AtomicRef;
using layout::LiveBlock;
using layout::Ref;

namespace {

AtomicRef* chain_if_there(layout::HashHeads& heads, const Table& table) {
  return tables::head_if_there(heads, table.hash, table.small.bucket_count);
}

// The acquire pairs with the release by which the address was stored.
LiveBlock* find_in(AtomicRef* chain, uint64_t address, const uint64_t* size) {
  if (chain == nullptr) return nullptr;
  for (Ref r = chain->load(std::memory_order_acquire); r != 0;) {
    LiveBlock* block = tables::at<LiveBlock>(r);
    if (block->address.load(std::memory_order_acquire) == address &&
        (size == nullptr || block->size.load(std::memory_order_relaxed) == *size)) {
      return block;
    }
    r = block->next.load(std::memory_order_acquire);
  }
  return nullptr;
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
  return block;
}

}  // namespace

LiveBlock* find(const Table& table, uint64_t address, const uint64_t* size) {
  LiveBlock* block = find_in(chain_if_there(table.large, table), address, size);
  return block != nullptr ? block : find_in(chain_if_there(table.small, table), address, size);
}

LiveBlock* claim(const Table& table) {
  LiveBlock* block = claim_old(chain_if_there(table.large, table));
  if (block == nullptr) block = claim_old(chain_if_there(table.small, table));
  if (block != nullptr) return block;
  const uint32_t buckets = table.small.bucket_count;
  const bool small_is_full = table.made.load(std::memory_order_relaxed) >= buckets / 2;
  block = make(tables::head(small_is_full ? table.large : table.small, table.hash, buckets));
  if (block != nullptr) table.made.fetch_add(1, std::memory_order_relaxed);
  return block;
}

}  // namespace live_entries
