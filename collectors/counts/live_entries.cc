#include "collectors/counts/live_entries.h"

#include "tables/chains.h"

namespace live_entries {

using layout::AtomicRef;
using layout::LiveBlock;
using layout::Ref;

namespace {

AtomicRef* chain_if_there(layout::HashHeads& heads, const Table& table) {
  return tables::head_if_there(heads, table.hash, tables::bounds.buckets);
}

template <typename IsIt>
LiveBlock* first_in(AtomicRef* chain, IsIt is_it) {
  if (chain == nullptr) return nullptr;
  LiveBlock* found = nullptr;
  tables::find<LiveBlock>(chain->load(std::memory_order_acquire), 0, [&](Ref, LiveBlock& block) {
    if (is_it(block)) found = &block;
    return found != nullptr;
  });
  return found;
}

// The acquire pairs with the release by which the address was stored.
LiveBlock* find_in(AtomicRef* chain, uint64_t address, const uint64_t* size) {
  return first_in(chain, [=](const LiveBlock& block) {
    return block.address.load(std::memory_order_acquire) == address &&
           (size == nullptr || block.size.load(std::memory_order_relaxed) == *size);
  });
}

// An entry of the chain that is free, claimed by kLiveBusy.
LiveBlock* claim_old(AtomicRef* chain) {
  return first_in(chain, [](LiveBlock& block) {
    uint64_t expected = 0;
    return block.address.load(std::memory_order_relaxed) == 0 &&
           block.address.compare_exchange_strong(expected, layout::kLiveBusy,
                                                 std::memory_order_acquire);
  });
}

LiveBlock* make(AtomicRef* chain) {
  const Ref fresh = chain == nullptr ? 0 : tables::allocate(sizeof(LiveBlock));
  if (fresh == 0) return nullptr;
  LiveBlock* block = tables::made<LiveBlock>(fresh);
  block->address.store(layout::kLiveBusy, std::memory_order_relaxed);
  return tables::push<LiveBlock>(*chain, fresh) ? block : nullptr;
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
  const uint32_t buckets = tables::bounds.buckets;
  const bool small_is_full = table.made.load(std::memory_order_relaxed) >= buckets / 2;
  block = make(tables::head(small_is_full ? table.large : table.small, table.hash, buckets));
  if (block != nullptr) table.made.fetch_add(1, std::memory_order_relaxed);
  return block;
}

}  // namespace live_entries
