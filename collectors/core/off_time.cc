#include "collectors/core/off_time.h"

namespace {

// What is owed beyond a window comes from elsewhere: a clock that stood still, a stolen processor.
constexpr uint64_t kMostOwedNs = 10 * OffTime::kWindowNs;

uint64_t least(uint64_t a, uint64_t b) {
  return a < b ? a : b;
}

}  // namespace

uint64_t OffTime::less_owed(uint64_t ns) {
  const uint64_t paid = least(ns, owed_ns_);
  owed_ns_ -= paid;
  return ns - paid;
}

uint64_t OffTime::short_wait(uint64_t ns, uint64_t end_ns) {
  window_ns_ += ns;
  unasked_++;
  end_ns_ = end_ns;
  is_rapid_ = true;
  return less_owed(ns);
}

bool OffTime::asked(const off_processor::Use& use, uint64_t ns, uint64_t end_ns,
                    uint64_t* waited_ns) {
  const uint64_t given_up = use.given_up - use_.given_up;
  const bool was_displaced = use.displaced != use_.displaced;
  // As often as the short ones since are waits: then this is none, if they are.
  const bool is_none = given_up <= unasked_ && was_displaced && !are_mixed_ && ns < kLongNs;
  if (ns < kShortNs) {
    // Who is waked may take the processor at once: then short ones are both.
    are_mixed_ = given_up <= unasked_;
  } else if (given_up == 0 || is_none) {
    is_rapid_ = false;  // or the next wait would begin before this
    return false;
  }
  uint64_t off_ns = ns, too_much_ns = 0;
  if (asked_ns_ != 0) {
    const auto off = static_cast<int64_t>(end_ns - asked_ns_ - (use.cpu_ns - use_.cpu_ns));
    const auto left = off - static_cast<int64_t>(window_ns_);
    off_ns = left > 0 ? least(ns, static_cast<uint64_t>(left)) : 0;
    too_much_ns = left < 0 ? static_cast<uint64_t>(-left) : 0;
  }
  *waited_ns = less_owed(off_ns);
  owed_ns_ = least(owed_ns_ + too_much_ns, kMostOwedNs);
  use_ = use;
  asked_ns_ = end_ns_ = end_ns;
  window_ns_ = unasked_ = 0;
  is_rapid_ = ns < kShortNs;
  return true;
}
