#include "env/labels.h"

#include "env/sys/text.h"

namespace options {

bool LabelList::next(Label& label) {
  std::string_view item;
  for (;;) {
    const size_t at = all_.size() - rest_.size();
    if (!text::next_item(rest_, item)) return false;
    if (item.empty()) continue;
    if (good(item, at, label)) return true;
    if (bad_.empty()) bad_ = item;
  }
}

bool LabelList::good(std::string_view item, size_t at, Label& label) const {
  const size_t equals = text::find(item, "=");
  if (equals == text::kNowhere || equals == 0 || equals + 1 == item.size()) return false;
  for (size_t i = 0; i < item.size();) {
    const size_t length = text::printable_length(text::part(item, i));
    if (length == 0) return false;
    i += length;
  }
  label = {text::part(item, 0, equals), text::part(item, equals + 1)};
  // pprof allows a key one value of one type; these are the ones that we set, or pprof itself.
  for (const std::string_view own : {"thread", "tid", "bytes"}) {
    if (label.key == own) return false;
  }
  if (text::starts_with(label.key, "pprof::")) return false;
  std::string_view before = text::part(all_, 0, at);
  std::string_view other;
  while (text::next_item(before, other)) {
    if (text::starts_with(other, text::part(item, 0, equals + 1))) return false;
  }
  return true;
}

}  // namespace options
