#include "collectors/counts/reference_table.h"

#include "collectors/counts/live_entries.h"
#include "tables/tables.h"

namespace reference_table {

using layout::LiveBlock;

namespace {

constinit std::atomic<uint64_t> entries_made{0};

live_entries::Table place_of(uint32_t mode, uint64_t key) {
  const uint32_t hash = tables::hash_word(key, mode);
  layout::Header& h = tables::header();
  return {h.references, h.large_references[live_entries::large_part_of(hash)], hash, entries_made};
}

bool take_out(const live_entries::Table& table, uint64_t address, uint64_t mode) {
  LiveBlock* entry = live_entries::find(table, address, &mode);
  return entry != nullptr && live_entries::take_out(*entry, address);
}

}  // namespace

// Two threads that put one key at once may each find it absent: both entries stay until the key is
// put again or removed, which takes out all there are.
Put put(uint32_t mode, uint64_t key, layout::Ref sample) {
  const bool replaced = remove(mode, key);
  if (!tables::is_open()) return Put::kNoRoom;
  LiveBlock* entry = live_entries::claim(place_of(mode, key));
  if (entry == nullptr) return Put::kNoRoom;
  entry->size.store(mode, std::memory_order_relaxed);
  entry->sample.store(sample, std::memory_order_relaxed);
  // Release: pairs with find and the encoder.
  entry->address.store(key + layout::kReferenceBias, std::memory_order_release);
  return replaced ? Put::kReplaced : Put::kNew;
}

bool remove(uint32_t mode, uint64_t key) {
  if (!tables::is_open()) return false;
  const live_entries::Table table = place_of(mode, key);
  bool found = false;
  while (take_out(table, key + layout::kReferenceBias, mode)) found = true;
  return found;
}

void forget() {
  entries_made.store(0, std::memory_order_relaxed);
}

}  // namespace reference_table
