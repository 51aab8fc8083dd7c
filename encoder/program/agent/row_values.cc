#include "encoder/program/agent/row_values.h"

#include <algorithm>

namespace program {

void RowValues::settle() {
  std::sort(rows_.begin(), rows_.end(), [](const Row& a, const Row& b) { return a.ref < b.ref; });
}

const RowValues::Values* RowValues::find(layout::Ref ref) const {
  const auto at = std::lower_bound(rows_.begin(), rows_.end(), ref,
                                   [](const Row& row, layout::Ref of) { return row.ref < of; });
  return at != rows_.end() && at->ref == ref ? &at->values : nullptr;
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
    RowValues::Values& kept = difference.now_->add(row);
    std::copy(std::begin(values), std::end(values), kept.begin());
  }
  for (unsigned i = 0; i < count; i++) values[i] -= shown.at(i);
}

}  // namespace program
