#include "encoder/program/agent/row_values.h"

#include <algorithm>

namespace program {

void Difference::apply(void* self, layout::Ref row, double (&values)[layout::kMaxValues]) {
  const auto& difference = *static_cast<Difference*>(self);
  const unsigned count = std::min(difference.subtracted_, layout::kMaxValues);
  std::array<double, layout::kMaxValues> shown{};
  if (difference.before_ != nullptr) {
    const auto before = difference.before_->find(row);
    if (before != difference.before_->end()) shown = before->second;
  }
  for (unsigned i = 0; i < count && difference.fallen_ == Fallen::kLater; i++) {
    values[i] = std::max(values[i], shown.at(i));
  }
  if (difference.now_ != nullptr) {
    auto& kept = (*difference.now_)[row];
    std::copy(std::begin(values), std::end(values), kept.begin());
  }
  for (unsigned i = 0; i < count; i++) values[i] -= shown.at(i);
}

}  // namespace program
