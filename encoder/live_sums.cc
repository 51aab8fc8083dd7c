#include "encoder/live_sums.h"

#include "env/safe/weight.h"

namespace encoder {

void LiveSums::read(const TablesView& view, const Mode& mode, Budget& budget, uint64_t* bad) {
  const layout::Header& header = view.header();
  read(header.live, view, mode, budget, bad);
  for (const layout::HashHeads& heads : header.large_live) read(heads, view, mode, budget, bad);
}

void LiveSums::read(const layout::HashHeads& heads, const TablesView& view, const Mode& mode,
                    Budget& budget, uint64_t* bad) {
  view.each_in_table<layout::LiveBlock>(
      heads, budget, bad, [&](layout::Ref, const layout::LiveBlock& block) {
        // pairs with the release store of the address, which is written last and cleared first
        const uint64_t address = block.address.load(std::memory_order_acquire);
        if (address <= layout::kLiveBusy) return;
        // Acquire, so that the address is read again after them.
        const uint64_t size = block.size.load(std::memory_order_acquire);
        const layout::Ref ref = block.sample.load(std::memory_order_acquire);
        if (block.address.load(std::memory_order_relaxed) != address) return;  // freed meanwhile
        // A block whose sample found no room is live all the same, among what was lost.
        if (ref != 0) {
          const auto* sample = view.at<layout::Sample>(ref);
          if (sample == nullptr) {
            ++*bad;
            return;
          }
          if (sample->mode != mode.source_index) return;
        }
        const double weight = weight::of_allocation(size, mode.period);
        const double bytes = weight * static_cast<double>(size);
        total_.add(weight, bytes, weight);
        if (!add(ref, weight, bytes)) ++*bad;
      });
}

bool LiveSums::add(layout::Ref sample, double objects, double bytes) {
  const Sum sum{sample, objects, bytes};
  const uint32_t i = sums_.find(sum);
  if (i == kNone) return sums_.add(sum) != kNone;
  sums_[i].objects += objects;
  sums_[i].bytes += bytes;
  return true;
}

}  // namespace encoder
