#include "program/profiles/sampling_error.h"

#include <algorithm>
#include <cmath>

namespace program {
namespace {

constexpr double kDefaultBlockRateNs = 10e3;

}  // namespace

std::string comment_of(const Profile& profile, const std::string& key) {
  const std::string front = "# " + key + ": ";
  for (const int64_t index : profile.comment()) {
    const std::string& text = text_of(profile, index);
    if (text.starts_with(front)) return text.substr(front.size());
  }
  return "";
}

std::string mode_of(const Profile& profile) {
  const std::string mode = comment_of(profile, "mode");
  if (!mode.empty() || profile.sample_type_size() == 0) return mode;
  const std::string& type = text_of(profile, profile.sample_type(0).type());
  const std::string& last = text_of(profile, profile.sample_type().rbegin()->type());
  if (type == "samples") return last;
  return type.starts_with("alloc_") ? "heap" : type == "contentions" ? "block" : type;
}

SamplingError::SamplingError(const Profile& profile) {
  const std::string mode = mode_of(profile);
  rate_ = static_cast<double>(std::max<int64_t>(0, profile.period()));
  if (mode == "heap" || mode == "allocs") {
    model_ = rate_ > 1 ? Model::kHeap : Model::kCounted;
  } else if (mode == "block" || mode == "mutex") {
    model_ = Model::kWaits;
    rate_ = kDefaultBlockRateNs;
  } else if (mode == "cpu" || mode == "wall" || mode == "cost") {
    model_ = Model::kTicks;
  }
}

double SamplingError::of_row(const pprof::Sample& row, int type) const {
  // Other tools' profiles may hold negative numbers, of which none of the models makes sense.
  return std::fmax(0, by_model(row, type));
}

double SamplingError::by_model(const pprof::Sample& row, int type) const {
  const int pair = type & ~1;  // objects and bytes, contentions and delay stand side by side
  if (pair + 1 >= row.value_size()) return 0;
  const auto first = static_cast<double>(row.value(pair));
  const auto second = static_cast<double>(row.value(pair + 1));
  if (model_ == Model::kHeap) return of_allocations(first, second, type != pair);
  if (model_ == Model::kWaits) return of_waits(first, second, type != pair);
  if (model_ != Model::kTicks) return 0;
  const auto value = static_cast<double>(row.value(type));
  // A row of less than half a sample counts as one.
  return type == pair ? first : first >= 1 ? value * value / first : value * rate_;
}

double SamplingError::of_allocations(double objects, double bytes, bool is_bytes) const {
  if (objects <= 0 || bytes <= 0) return 0;
  const double size = bytes / objects;
  const double weight = -1 / std::expm1(-size / rate_);
  return objects * (weight - 1) * (is_bytes ? size * size : 1);
}

double SamplingError::of_waits(double count, double delay, bool is_delay) const {
  if (count <= 0 || delay <= 0) return 0;
  const double mean = delay / count;
  if (mean >= rate_) return 0;
  return count * (rate_ / mean - 1) * (is_delay ? mean * mean : 1);
}

}  // namespace program
