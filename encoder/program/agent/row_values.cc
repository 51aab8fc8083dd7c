#include "encoder/program/agent/row_values.h"

#include <algorithm>

namespace program {

void Difference::apply(void* self, layout::Ref row, double (&values)[layout::kMaxValues]) {
  const auto& difference = *static_cast<Difference*>(self);
  if (difference.now_ != nullptr) {
    auto& kept = (*difference.now_)[row];
    std::copy(std::begin(values), std::end(values), kept.begin());
  }
  if (difference.before_ == nullptr) return;
  const auto before = difference.before_->find(row);
  if (before == difference.before_->end()) return;
  const unsigned count = std::min(difference.subtracted_, layout::kMaxValues);
  for (unsigned i = 0; i < count; i++) values[i] -= before->second.at(i);
}

}  // namespace program
