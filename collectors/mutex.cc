#include "collectors/mutex.h"

#include "collectors/collector.h"
#include "collectors/counts/sample_table.h"
#include "collectors/counts/sampler.h"
#include "collectors/threads/threads.h"
#include "collectors/unwind/capture.h"
#include "collectors/waits/blind_spots.h"

namespace mutex {

namespace {

uint32_t mode_index;
uint64_t fraction;
uint64_t rate_ns;
std::atomic<bool> recording;

bool is_recording() {
  return recording.load(std::memory_order_relaxed) && sample_table::is_armed(mode_index);
}

bool start(uint32_t mode, const options::Options& options) {
  mode_index = mode;
  fraction = options.mutex_fraction;
  rate_ns = options.block_rate_ns;
  if (!recording.exchange(true)) waits::follow(true);
  waits::follow_charges(rate_ns <= 1 ? waits::Charges::kAll : waits::Charges::kSampled);
  return true;
}

void stop() {
  waits::follow_charges(waits::Charges::kNone);
  if (recording.exchange(false)) waits::follow(false);
}

}  // namespace

void unlocked(waits::Kind kind, const waits::ContentionCharge& charge, const Caller& caller) {
  if (charge.delay_ns == 0 || !is_recording()) return;
  const auto releases = static_cast<double>(charge.weight);
  const double delay = static_cast<double>(charge.delay_ns) / releases;
  const auto each = static_cast<double>(fraction);
  if (fraction > 1 && sampler::here() * each >= 1) return;
  // The short ones in proportion to their length too: a walk for each would change what is
  // measured.
  const double events = releases * each * sampler::events_of(delay, static_cast<double>(rate_ns));
  if (events == 0) return;
  const double values[2] = {events, events * delay};
  const waits::Kind state = waits::state_since(charge.oldest_ns);
  const uint64_t detail = uint64_t{waits::name_of(state)} << 32 | uint64_t{waits::name_of(kind)};
  const layout::Ref stack = capture::caller(caller);
  sample_table::add({mode_index, stack, labels::here(), detail}, values, 2);
}

}  // namespace mutex

extern const Collector mutex_collector;
const Collector mutex_collector = {
    .name = "mutex",
    .value_count = 2,
    .values = {{"contentions", "count"}, {"delay", "nanoseconds"}},
    .default_value = 1,
    .live_from = 2,
    .period_type = {"contentions", "count"},
    .detail_kind = layout::DetailKind::kText,
    .detail_key = "kind",
    .detail_unit = "holder_state",
    .start = mutex::start,
    .stop = mutex::stop,
    .note = blind_spots::note,
};
