// What is there now, summed by sample: blocks that are allocated, keys of the host's own profiles,
// open descriptors. One pass over their table.
#pragma once

#include <cstdint>

#include "encoder/pprof/mode.h"
#include "encoder/pprof/standard_error.h"
#include "encoder/wire/arena_set.h"
#include "tables/tables_view.h"

namespace encoder {

class LiveSums {
 public:
  struct Sum {
    layout::Ref sample;
    double objects;
    double bytes;
    uint64_t hash(uint64_t seed) const { return mixed(sample, seed); }
    bool same(const Sum& other) const { return sample == other.sample; }
  };

  explicit LiveSums(Arena& arena) : sums_(arena) {}

  // Reads what is live of the mode's samples. What finds no memory is counted in *bad.
  void read(const TablesView& view, const Mode& mode, Budget& budget, uint64_t* bad);

  // Zero for a sample without live blocks. Sample 0 is that of the blocks whose sample was lost.
  Sum of(layout::Ref sample) const {
    const uint32_t i = sums_.find({sample, 0, 0});
    return i == kNone ? Sum{sample, 0, 0} : sums_[i];
  }

  // Of all blocks.
  const Estimate& total() const { return total_; }

 private:
  // What a reading works with.
  struct Reading {
    const TablesView& view;
    const Mode& mode;
    Budget& budget;
    uint64_t* bad;
  };
  void read_entries(const layout::HashHeads& heads, const Reading& reading);
  void read_entry(const layout::LiveBlock& entry, const Reading& reading);
  void read_descriptors(const Reading& reading);
  void count(layout::Ref sample, double objects, double bytes, const Reading& reading);
  // False if there is no memory for it.
  bool add(layout::Ref sample, double objects, double bytes);

  ArenaSet<Sum> sums_;
  Estimate total_;
};

}  // namespace encoder
