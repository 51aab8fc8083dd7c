// Half-open address ranges, found by address; where they nest, the innermost wins.
#pragma once

#include <algorithm>
#include <cstdint>
#include <vector>

namespace program {

template <typename T>
class IntervalTable {
 public:
  struct Entry {
    uint64_t begin;
    uint64_t end;
    T value;
  };

  void add(uint64_t begin, uint64_t end, T value) {
    if (begin < end) entries_.push_back({begin, end, std::move(value)});
  }

  // To be called once, after the last add() and before the first find().
  void sort() {
    std::stable_sort(entries_.begin(), entries_.end(), [](const Entry& a, const Entry& b) {
      return a.begin != b.begin ? a.begin < b.begin : a.end > b.end;
    });
  }

  const Entry* find(uint64_t address) const {
    auto at = std::upper_bound(entries_.begin(), entries_.end(), address,
                               [](uint64_t a, const Entry& entry) { return a < entry.begin; });
    // Honest ranges nest a few deep; the bound keeps a hostile table from costing its square.
    for (int steps = 0; steps < kMaxNested && at != entries_.begin(); steps++) {
      --at;
      if (address < at->end) return &*at;
    }
    return nullptr;
  }

  // The first range that begins above the address.
  const Entry* next_above(uint64_t address) const {
    auto at = std::upper_bound(entries_.begin(), entries_.end(), address,
                               [](uint64_t a, const Entry& entry) { return a < entry.begin; });
    return at == entries_.end() ? nullptr : &*at;
  }

  const std::vector<Entry>& entries() const { return entries_; }
  bool empty() const { return entries_.empty(); }

 private:
  static constexpr int kMaxNested = 64;
  std::vector<Entry> entries_;
};

}  // namespace program
