// The tables as a reader sees them: nothing in them is believed before it is checked.
//
// The mapping may belong to a process that still writes, was killed, or means harm. So every
// reference is bounds-checked, every size is read once and then used from the copy, and every chain
// is paid for from a Budget. What the caller maps must stay readable: size_bytes is not to be more
// than the file has.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

#include "tables/budget.h"
#include "tables/layout.h"

namespace encoder {

// A field is read once: the owner of the tables may change it between check and use.
template <typename T>
T once(const T& field) {
  T value;
  __atomic_load(&field, &value, __ATOMIC_RELAXED);
  return value;
}

// A name of the tables: up to its zero byte.
template <size_t kSize>
std::string_view name_of(const char (&name)[kSize]) {
  size_t size = 0;
  while (size < kSize && name[size] != 0) size++;
  return {name, size};
}

struct StackView {
  const uint64_t* pcs;  // may change below a reader: read each once
  unsigned depth;
  uint32_t generation;
  uint16_t flags;
};

struct LabelSetView {
  const layout::Label* labels;
  uint32_t count;
};

class TablesView {
 public:
  // False, and a sentence in *error, if these are no tables of this version. `committed`: how many
  // bytes can be touched, where a reader knows better than the header (tables::Bounds).
  bool open(const void* base, size_t size_bytes, const char** error,
            const std::atomic<uint64_t>* committed = nullptr);

  const layout::Header& header() const { return *reinterpret_cast<const layout::Header*>(base_); }
  // What can be touched by now: a process that goes on makes its tables longer.
  uint64_t size_bytes() const {
    const uint64_t committed = committed_->load(std::memory_order_relaxed);
    return committed < size_ ? committed : size_;
  }
  uint64_t used_bytes() const {
    const uint64_t used = header().used.load(std::memory_order_relaxed);  // stale: a hint
    const uint64_t size = size_bytes();
    return used < size ? used : size;
  }

  // Work that honest tables of this size do not need: the most is 16 frames a byte, where samples
  // of 64 bytes all share stacks of the largest depth.
  Budget budget() const { return Budget((uint64_t{4} << 20) + 20 * size_bytes()); }

  // `bytes` of the tables behind a reference, or nullptr. Aligned to 8.
  const void* range(layout::Ref ref, uint64_t bytes) const;

  // An entry of fixed size.
  template <typename T>
  const T* at(layout::Ref ref) const {
    return static_cast<const T*>(range(ref, sizeof(T)));
  }

  // Empty if there is none or it is bad (*bad counts then).
  std::string_view text(layout::Ref ref, uint64_t* bad) const;
  // What a mode is called: its own name, or what the host calls a profile of its own.
  std::string_view mode_name(unsigned index) const;
  // False for what has no file: a row that the host has not finished, and a mode that stands only
  // for the profiles that the host might have made, where it made some.
  bool has_file(unsigned index) const;
  bool stack(layout::Ref ref, StackView* out) const;
  bool label_set(layout::Ref ref, LabelSetView* out) const;

  // Calls visit(ref, entry) for the entries of one chain. A cycle ends it: found by Brent's method,
  // so a damaged chain may show an entry more than once.
  template <typename T, typename Visit>
  void each_in_chain(layout::Ref first, Budget& budget, uint64_t* bad, Visit visit) const {
    layout::Ref mark = 0;
    uint64_t steps = 0;
    uint64_t power = 1;
    for (layout::Ref ref = first; ref != 0;) {
      const T* entry = at<T>(ref);
      if (entry == nullptr || ref == mark) {
        ++*bad;
        return;
      }
      if (!budget.take(1)) return;
      if (++steps == power) {
        mark = ref;
        power *= 2;
        steps = 0;
      }
      visit(ref, *entry);
      // pairs with the release store that published the next entry
      ref = entry->next.load(std::memory_order_acquire);
    }
  }

  // The same for all chains of a hash table. All segments are looked at whatever bucket_count says.
  template <typename T, typename Visit>
  void each_in_table(const layout::HashHeads& heads, Budget& budget, uint64_t* bad,
                     Visit visit) const {
    for (const layout::AtomicRef& segment : heads.segments) {
      const layout::Ref ref = segment.load(std::memory_order_acquire);
      if (ref == 0) continue;
      const auto* chains = static_cast<const layout::AtomicRef*>(
          range(ref, sizeof(layout::AtomicRef) * layout::kHeadsPerSegment));
      if (chains == nullptr) {
        ++*bad;
        continue;
      }
      for (unsigned i = 0; i < layout::kHeadsPerSegment && !budget.exhausted(); i++)
        each_in_chain<T>(chains[i].load(std::memory_order_acquire), budget, bad, visit);
    }
  }

 private:
  const uint8_t* base_ = nullptr;
  const std::atomic<uint64_t>* committed_ = nullptr;
  uint64_t size_ = 0;  // that the caller vouches for
  uint64_t end_ = 0;   // that could be touched when the view was opened
};

}  // namespace encoder
