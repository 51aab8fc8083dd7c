// What is in the live table, counted by looking at all of it.
#pragma once

#include <algorithm>

#include "collectors/counts/live_table.h"
#include "tables/tables.h"
#include "tests/unit/tables/open_tables.h"

namespace live_content {

using layout::LiveBlock;

inline const void* address(uint64_t n) {
  return reinterpret_cast<const void*>(0x7f0000000000 + n * 16);
}

inline bool put_in(const void* p, const LiveEntry& entry) {
  LiveEntry old;
  return live_table::insert(p, entry, &old);
}

inline unsigned in_filter() {
  unsigned n = 0;
  for (const auto& cell : live_table::filter) n += cell;
  return n;
}

struct Content {
  uint64_t entries = 0, live = 0, bytes = 0;
};

inline Content content() {
  Content c;
  const auto visit = [&](LiveBlock& block) {
    c.entries++;
    if (block.address <= layout::kLiveBusy) return;
    c.live++;
    c.bytes += block.size;
  };
  OpenTables::for_each<LiveBlock>(tables::header().live, visit);
  for (auto& heads : tables::header().large_live) OpenTables::for_each<LiveBlock>(heads, visit);
  return c;
}

inline unsigned longest_chain(layout::HashHeads& heads) {
  unsigned longest = 0;
  for (const layout::AtomicRef& segment : heads.segments) {
    if (segment == 0) continue;
    for (unsigned i = 0; i < layout::kHeadsPerSegment; i++) {
      unsigned n = 0;
      for (layout::Ref r = tables::made<layout::AtomicRef>(segment)[i]; r != 0; n++)
        r = tables::made<LiveBlock>(r)->next;
      longest = std::max(longest, n);
    }
  }
  return longest;
}

struct Fixture {
  OpenTables open{16 << 20};
  Fixture() { live_table::clear(); }
};

}  // namespace live_content
