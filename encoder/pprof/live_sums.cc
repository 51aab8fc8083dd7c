#include "encoder/pprof/live_sums.h"

#include "tables/weight.h"

namespace encoder {

using layout::LiveKind;

void LiveSums::read(const TablesView& view, const Mode& mode, Budget& budget, uint64_t* bad) {
  const layout::Header& header = view.header();
  const Reading reading{view, mode, budget, bad};
  if (mode.live_kind == LiveKind::kDescriptors) return read_descriptors(reading);
  const bool blocks = mode.live_kind == LiveKind::kBlocks;
  read_entries(blocks ? header.live : header.references, reading);
  for (const auto& heads : blocks ? header.large_live : header.large_references) {
    read_entries(heads, reading);
  }
}

void LiveSums::read_entries(const layout::HashHeads& heads, const Reading& reading) {
  reading.view.each_in_table<layout::LiveBlock>(
      heads, reading.budget, reading.bad,
      [&](layout::Ref, const layout::LiveBlock& entry) { read_entry(entry, reading); });
}

void LiveSums::read_entry(const layout::LiveBlock& entry, const Reading& reading) {
  // pairs with the release store of the address, which is written last and cleared first
  const uint64_t address = entry.address.load(std::memory_order_acquire);
  if (address <= layout::kLiveBusy) return;
  // Acquire, so that the address is read again after them.
  const uint64_t size = entry.size.load(std::memory_order_acquire);
  const layout::Ref sample = entry.sample.load(std::memory_order_acquire);
  if (entry.address.load(std::memory_order_relaxed) != address) return;  // gone meanwhile
  if (reading.mode.live_kind == LiveKind::kReferences) {
    if (size == reading.mode.source_index) count(sample, 1, 0, reading);
    return;
  }
  const double weight = weight::of_allocation(size, reading.mode.period);
  count(sample, weight, weight * static_cast<double>(size), reading);
}

void LiveSums::read_descriptors(const Reading& reading) {
  const layout::Ref at = reading.view.header().descriptors.load(std::memory_order_acquire);
  const auto* directory = reading.view.at<layout::DescriptorDirectory>(at);
  if (directory == nullptr) return;
  for (const layout::AtomicRef& ref : directory->segments) {
    const layout::Ref segment_at = ref.load(std::memory_order_acquire);
    if (segment_at == 0) continue;
    const auto* segment = reading.view.at<layout::DescriptorSegment>(segment_at);
    if (segment == nullptr || !reading.budget.take(layout::kDescriptorsPerSegment)) {
      ++*reading.bad;
      continue;
    }
    for (const auto& word : segment->word) {
      // pairs with the release store of a word behind its sample
      const uint64_t value = word.load(std::memory_order_acquire);
      if (value != 0) count(static_cast<layout::Ref>(value), 1, 0, reading);
    }
  }
}

// What is live and whose sample found no room is among what was lost.
void LiveSums::count(layout::Ref ref, double objects, double bytes, const Reading& reading) {
  if (ref != 0) {
    const auto* sample = reading.view.at<layout::Sample>(ref);
    if (sample == nullptr) {
      ++*reading.bad;
      return;
    }
    if (once(sample->mode) != reading.mode.source_index) return;
  }
  if (reading.mode.live_kind == LiveKind::kBlocks) total_.add(objects, bytes, objects);
  if (!add(ref, objects, bytes)) ++*reading.bad;
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
