// The samples of one mode, written one by one.
#pragma once

#include <atomic>
#include <cstdint>

#include "encoder/pprof/labels.h"
#include "encoder/pprof/live_sums.h"
#include "encoder/pprof/locations.h"
#include "encoder/pprof/mode.h"
#include "encoder/pprof/pprof.h"
#include "encoder/pprof/standard_error.h"
#include "encoder/wire/protobuf_writer.h"
#include "tables/tables_view.h"

namespace encoder {

// To the nearest, half away from zero. What no honest table holds becomes 0 or the largest number.
inline int64_t rounded(double value) {
  if (!(value > 0)) return 0;
  if (value >= 9223372036854775807.0) return INT64_MAX;
  const auto whole = static_cast<int64_t>(value);
  return value - static_cast<double>(whole) >= 0.5 ? whole + 1 : whole;
}

class SampleWriter {
 public:
  SampleWriter(const TablesView& view, const Mode& mode, const ValueFilter& filter,
               LocationTable& locations, LabelWriter& labels, Budget& budget, uint64_t* bad)
      : view_(view),
        mode_(mode),
        filter_(filter),
        locations_(locations),
        labels_(labels),
        budget_(budget),
        bad_(bad) {}

  // False without memory.
  bool open(Arena& arena);

  // A sample whose values are all 0 is not written. What was lost becomes one sample of its own.
  void write_all(const LiveSums& live, MessageStream& out);

  uint64_t written() const { return written_; }
  // Of all that was allocated, where the mode counts that.
  const Estimate& allocated() const { return allocated_; }

 private:
  void write_row(layout::Ref ref, const layout::Sample& row, const LiveSums::Sum& live,
                 MessageStream& out);
  // The values as they are written; false if all are 0.
  bool finish_values(layout::Ref row, double (&values)[layout::kMaxValues], uint64_t* whole) const;
  void write_lost(const LiveSums::Sum& live, MessageStream& out);
  void write(const uint64_t* values, size_t frame_count, MessageStream& out);
  void count_allocated(const std::atomic<double>* values);
  double live_value(unsigned i, const LiveSums::Sum& live) const;
  size_t read_frames(const StackView& stack);

  const TablesView& view_;
  const Mode& mode_;
  const ValueFilter& filter_;
  LocationTable& locations_;
  LabelWriter& labels_;
  Budget& budget_;
  uint64_t* bad_;
  uint8_t* buffer_ = nullptr;
  uint64_t* frames_ = nullptr;
  uint64_t written_ = 0;
  Estimate allocated_;
};

}  // namespace encoder
