#include "collectors/core/off_time.h"

namespace {

// What is owed beyond a window comes from elsewhere: a clock that stood still, a stolen processor.
constexpr uint64_t kMostOwedNs = OffTime::kWindowNs;

uint64_t least(uint64_t a, uint64_t b) {
  return a < b ? a : b;
}

}  // namespace

uint64_t OffTime::short_wait(uint64_t ns, uint64_t end_ns) {
  const uint64_t paid = least(ns, owed_ns_);
  owed_ns_ -= paid;
  window_ns_ += ns - paid;
  unasked_++;
  end_ns_ = end_ns;
  is_rapid_ = true;
  return ns - paid;
}

bool OffTime::asked(const off_processor::Use& use, uint64_t ns, uint64_t end_ns,
                    uint64_t* waited_ns) {
  const uint64_t given_up = use.given_up - use_.given_up;
  const bool was_displaced = use.displaced != use_.displaced;
  if (ns < kShortNs) {
    // Who is waked may take the processor at once: then short ones are both.
    are_mixed_ = given_up <= unasked_;
  } else if (given_up == 0 || (given_up <= unasked_ && was_displaced && !are_mixed_)) {
    return false;
  }
  uint64_t off_ns = ns;
  if (asked_ns_ != 0) {
    const auto off = static_cast<int64_t>(end_ns - asked_ns_ - (use.cpu_ns - use_.cpu_ns));
    const auto left = off - static_cast<int64_t>(window_ns_ + owed_ns_);
    off_ns = left > 0 ? least(ns, static_cast<uint64_t>(left)) : 0;
    owed_ns_ = left < 0 ? least(static_cast<uint64_t>(-left), kMostOwedNs) : 0;
  }
  use_ = use;
  asked_ns_ = end_ns_ = end_ns;
  window_ns_ = unasked_ = 0;
  is_rapid_ = ns < kShortNs;
  *waited_ns = off_ns;
  return true;
}
