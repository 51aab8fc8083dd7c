#include "program/agent/target/row_values.h"

#include <algorithm>

namespace program {

void RowValues::settle() {
  if (settled_ == rows_.size()) return;
  std::sort(rows_.begin(), rows_.end(), [](const Row& a, const Row& b) { return a.ref < b.ref; });
  settled_ = rows_.size();
}

const RowValues::Values* RowValues::find(layout::Ref ref) const {
  const auto end = rows_.begin() + static_cast<std::ptrdiff_t>(settled_);
  const auto at = std::lower_bound(rows_.begin(), end, ref,
                                   [](const Row& row, layout::Ref of) { return row.ref < of; });
  return at != end && at->ref == ref ? &at->values : nullptr;
}

RowValues::Values& RowValues::at(layout::Ref ref) {
  const Values* found = find(ref);
  return found != nullptr ? const_cast<Values&>(*found) : add(ref);
}

void Difference::apply(void* self, layout::Ref row, double (&values)[layout::kMaxValues]) {
  const auto& difference = *static_cast<Difference*>(self);
  const unsigned count = std::min(difference.subtracted_, layout::kMaxValues);
  RowValues::Values shown{};
  if (difference.before_ != nullptr) {
    const RowValues::Values* before = difference.before_->find(row);
    if (before != nullptr) shown = *before;
  }
  for (unsigned i = 0; i < count && difference.fallen_ == Fallen::kLater; i++) {
    values[i] = std::max(values[i], shown.at(i));
  }
  if (difference.now_ != nullptr) {
    RowValues::Values& kept = difference.now_->at(row);
    std::copy(std::begin(values), std::end(values), kept.begin());
  }
  for (unsigned i = 0; i < count; i++) values[i] -= shown.at(i);
}

}  // namespace program
