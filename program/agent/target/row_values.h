// What each row of the tables had counted at a look, and the difference to a later one: rows keep
// their place for as long as the tables live, so that the place is their name.
#pragma once

#include <array>
#include <cstddef>
#include <deque>

#include "encoder/pprof/pprof.h"

namespace program {

// Filled row by row, settled, then asked: 40 bytes a row, and no growth that copies.
class RowValues {
 public:
  using Values = std::array<double, layout::kMaxValues>;
  struct Row {
    layout::Ref ref;
    Values values;
  };

  // The row must not be there yet.
  Values& add(layout::Ref ref) { return rows_.emplace_back(Row{ref, {}}).values; }
  // A settled row, or else a new one.
  Values& at(layout::Ref ref);
  // After the last row, and before a question about the rows added.
  void settle();
  // Null: no such row is settled. Context: any thread, while no row is added.
  const Values* find(layout::Ref ref) const;
  size_t size() const { return rows_.size(); }
  void clear() { rows_.clear(), settled_ = 0; }
  std::deque<Row>::const_iterator begin() const { return rows_.begin(); }
  std::deque<Row>::const_iterator end() const { return rows_.end(); }

 private:
  std::deque<Row> rows_;
  size_t settled_ = 0;  // the first ones, sorted
};

// What is shown of a value that has fallen (a wait's, by CPU time that a tick found in it): how
// far, or nothing, until it has risen above what was shown.
enum class Fallen { kNegative, kLater };

class Difference {
 public:
  // The first `subtracted` values are shown without what they were in `before`. What they are now,
  // or have been at most (kLater), is put into `now`. Either may be null, or both the same.
  Difference(const RowValues* before, RowValues* now, unsigned subtracted,
             Fallen fallen = Fallen::kNegative)
      : before_(before), now_(now), subtracted_(subtracted), fallen_(fallen) {}

  encoder::ValueFilter filter() { return {&Difference::apply, this}; }

 private:
  static void apply(void* self, layout::Ref row, double (&values)[layout::kMaxValues]);

  const RowValues* before_;
  RowValues* now_;
  unsigned subtracted_;
  Fallen fallen_;
};

}  // namespace program
