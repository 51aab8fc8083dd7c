// The pairs of PROFILER_LABELS.
#pragma once

#include <cstddef>
#include <string_view>

namespace options {

struct Label {
  std::string_view key;
  std::string_view value;
};

// Goes through the good pairs of `k=v,k=v`. A key is printable UTF-8, given once, none of the keys
// that profiles use themselves; a value is printable UTF-8 and not empty (pprof drops empty ones).
class LabelList {
 public:
  explicit LabelList(std::string_view list) : all_(list), rest_(list) {}
  bool next(Label& label);
  // The first pair that was passed over so far, empty if all were good.
  std::string_view bad() const { return bad_; }

 private:
  bool good(std::string_view item, size_t at, Label& label) const;
  std::string_view all_, rest_, bad_;
};

}  // namespace options
