#include "collectors/waits/wait_estimator.h"

namespace {

// What is owed beyond a window comes from elsewhere: a clock that stood still, a stolen processor.
constexpr uint64_t kMostOwedNs = 10 * WaitEstimator::kWindowNs;

uint64_t least(uint64_t a, uint64_t b) {
  return a < b ? a : b;
}

}  // namespace

uint64_t WaitEstimator::less_owed(uint64_t ns) {
  const uint64_t paid = least(ns, owed_ns_);
  owed_ns_ -= paid;
  return ns - paid;
}

uint64_t WaitEstimator::short_wait(uint64_t ns, uint64_t end_ns) {
  window_ns_ += ns;
  end_ns_ = end_ns;
  is_rapid_ = true;
  return less_owed(ns);
}

bool WaitEstimator::asked(const preemption_probe::Use& use, uint64_t ns, uint64_t end_ns,
                          uint64_t* waited_ns) {
  const bool is_wait = use.given_up != use_.given_up;
  const bool is_short = ns < kShortNs;
  if (is_short && !is_wait) {
    // By each that it writes to, say: to ask for all of these costs much, and tells little.
    uneasy_until_ns_ = 0;
    used_until_ns_ = end_ns + kUneasyNs;
  } else if (use.displaced != use_.displaced && !is_short && end_ns >= used_until_ns_) {
    uneasy_until_ns_ = end_ns + kUneasyNs;
  }
  uint64_t off_ns = ns, too_much_ns = 0;
  if (asked_ns_ != 0) {
    const auto off = static_cast<int64_t>(end_ns - asked_ns_ - (use.cpu_ns - use_.cpu_ns));
    const auto left = off - static_cast<int64_t>(window_ns_);
    off_ns = left > 0 ? least(ns, static_cast<uint64_t>(left)) : 0;
    too_much_ns = left < 0 ? static_cast<uint64_t>(-left) : 0;
  }
  *waited_ns = is_wait ? less_owed(off_ns) : 0;
  owed_ns_ = least(owed_ns_ + too_much_ns, kMostOwedNs);
  use_ = use;
  asked_ns_ = end_ns_ = end_ns;
  window_ns_ = 0;
  is_rapid_ = is_wait && is_short;
  return is_wait;
}
