#include "encoder/pprof/samples.h"

#include "encoder/pprof/profile_fields.h"

namespace encoder {
namespace {

constexpr size_t kMaxFrames = layout::kMaxDepth + 2;  // and [unknown] and [truncated]
// The largest sample: ids and string indices below 2^32, a label with tags below 48 bytes.
constexpr size_t kLargestSample =
    kMaxFrames * 5 + layout::kMaxValues * 10 + (2 * LabelWriter::kMaxPerSet + 1) * 48 + 64;

bool any(const uint64_t* values, unsigned count) {
  for (unsigned i = 0; i < count; i++)
    if (values[i] != 0) return true;
  return false;
}

}  // namespace

bool SampleWriter::open(Arena& arena) {
  buffer_ = arena.array<uint8_t>(kLargestSample);
  frames_ = arena.array<uint64_t>(kMaxFrames);
  return buffer_ != nullptr && frames_ != nullptr;
}

void SampleWriter::write_all(const LiveSums& live, MessageStream& out) {
  view_.each_in_table<layout::Sample>(view_.header().samples, budget_, bad_,
                                      [&](layout::Ref ref, const layout::Sample& row) {
                                        if (row.mode == mode_.source_index)
                                          write_row(ref, row, live.of(ref), out);
                                      });
  write_lost(live.of(0), out);
}

bool SampleWriter::finish_values(layout::Ref row, double (&values)[layout::kMaxValues],
                                 uint64_t* whole) const {
  if (filter_.apply != nullptr) filter_.apply(filter_.context, row, values);
  for (unsigned i = 0; i < mode_.value_count; i++) {
    const bool negative = filter_.apply != nullptr && values[i] < 0;
    whole[i] = static_cast<uint64_t>(negative ? -rounded(-values[i]) : rounded(values[i]));
  }
  return any(whole, mode_.value_count);
}

void SampleWriter::write_row(layout::Ref ref, const layout::Sample& row, const LiveSums::Sum& live,
                             MessageStream& out) {
  double counted[layout::kMaxValues] = {};
  uint64_t values[layout::kMaxValues] = {};
  for (unsigned i = 0; i < mode_.value_count; i++) {
    counted[i] = i < mode_.live_from
                     // Relaxed: stale is an event too few.
                     ? row.value[i].load(std::memory_order_relaxed)
                     : live_value(i, live);
  }
  count_allocated(row.value);
  if (!finish_values(ref, counted, values)) return;
  StackView stack;
  if (!view_.stack(row.stack, &stack)) {
    ++*bad_;
    return;
  }
  if (!budget_.take(stack.depth)) return;
  labels_.begin(row);
  write(values, read_frames(stack), out);
}

// The rows of one stack are one for each class of sizes. What was lost is of all sizes together.
void SampleWriter::count_allocated(const std::atomic<double>* values) {
  if (mode_.live_from != 2) return;
  allocated_.add_row(values[0].load(std::memory_order_relaxed),
                     values[1].load(std::memory_order_relaxed), mode_.period);
}

double SampleWriter::live_value(unsigned i, const LiveSums::Sum& live) const {
  if (i == mode_.live_from) return live.objects;
  return i == mode_.live_from + 1 ? live.bytes : 0;
}

void SampleWriter::write_lost(const LiveSums::Sum& live, MessageStream& out) {
  double counted[layout::kMaxValues] = {};
  uint64_t values[layout::kMaxValues] = {};
  for (unsigned i = 0; i < mode_.value_count; i++) {
    const double lost = mode_.source->lost_value[i].load(std::memory_order_relaxed);
    counted[i] = lost + live_value(i, live);
  }
  count_allocated(mode_.source->lost_value);
  if (!finish_values(0, counted, values)) return;
  labels_.begin_lost();
  frames_[0] = locations_.id_of(Pseudo::kLost);
  write(values, 1, out);
}

void SampleWriter::write(const uint64_t* values, size_t frame_count, MessageStream& out) {
  Message message(buffer_, kLargestSample);
  message.packed(profile_fields::sample::kLocationId, frames_, frame_count);
  message.packed(profile_fields::sample::kValue, values, mode_.value_count);
  labels_.write(message);
  if (message.overflowed()) ++*bad_;  // a label too few
  out.message(profile_fields::profile::kSample, message);
  written_++;
}

// Fills frames_, leaf first. Never none: pprof would drop the sample from every report.
size_t SampleWriter::read_frames(const StackView& stack) {
  size_t count = 0;
  for (unsigned i = 0; i < stack.depth; i++) {
    const uint64_t pc = once(stack.pcs[i]);
    const uint64_t id = locations_.id_of(pc, stack.generation);
    if (id == 0) {  // no memory for its place: the value is kept, the stack is not
      ++*bad_;
      frames_[0] = locations_.id_of(Pseudo::kLost);
      return 1;
    }
    frames_[count++] = id;
  }
  if ((stack.flags & layout::kStackUnknown) || count == 0)
    frames_[count++] = locations_.id_of(Pseudo::kUnknown);
  if (stack.flags & layout::kStackTruncated)
    frames_[count++] = locations_.id_of(Pseudo::kTruncated);
  return count;
}

}  // namespace encoder
