#include "collectors/block.h"

#include "collectors/collector.h"
#include "collectors/counts/sample_table.h"
#include "collectors/counts/sampler.h"
#include "collectors/snapshot/other_thread.h"
#include "collectors/threads/threads.h"
#include "collectors/unwind/capture.h"
#include "collectors/waits/blind_spots.h"
#include "env/sys/clock.h"
#include "tables/tables.h"

namespace block {

namespace {

uint32_t mode_index;
uint64_t rate_ns;
std::atomic<bool> recording;

bool is_recording() {
  return recording.load(std::memory_order_relaxed) && sample_table::is_armed(mode_index);
}

bool start(uint32_t mode, const options::Options& options) {
  mode_index = mode;
  rate_ns = options.block_rate_ns;
  if (!recording.exchange(true)) waits::follow(true);
  return true;
}

void stop() {
  if (recording.exchange(false)) waits::follow(false);
}

// Adds the time that waits still open have lasted so far.
void add_open_waits() {
  if (!is_recording()) return;
  const uint64_t now_ns = clock_source::monotonic_ns();
  const uint64_t is_open = uint64_t{tables::text("yes")} << 32;
  sample_table::take_back(mode_index, is_open);
  threads::for_each([&](const Thread& thread) {
    other_thread::Waiting wait;
    if (!other_thread::waiting(thread, false, &wait) || wait.start_ns >= now_ns) return;
    if (!waits::is_contention(wait.kind)) return;
    const auto delay = static_cast<double>(now_ns - wait.start_ns);
    const double events = sampler::events_of(delay, static_cast<double>(rate_ns));
    if (events == 0) return;
    const double values[2] = {events, events * delay};
    sample_table::add(
        {mode_index, wait.stack, labels::of(thread), is_open | waits::name_of(wait.kind)}, values,
        2);
  });
}

}  // namespace

void waited(const waits::Wait& wait, uint64_t ns) {
  if (!is_recording()) return;
  const auto delay = static_cast<double>(ns == 0 ? 1 : ns);
  const bool is_one_of_many = rate_ns > 1 && wait.is_one_of_many();
  const auto each = static_cast<double>(is_one_of_many ? rate_ns * waits::kOneIn : rate_ns);
  const double events = sampler::events_of(delay, each);
  if (events == 0) return;
  const double values[2] = {events, events * delay};
  const layout::Ref stack = capture::caller(wait.caller());
  sample_table::add({mode_index, stack, labels::here(), waits::name_of(wait.kind())}, values, 2);
}

}  // namespace block

extern const Collector block_collector;
const Collector block_collector = {
    .name = "block",
    .value_count = 2,
    .values = {{"contentions", "count"}, {"delay", "nanoseconds"}},
    .default_value = 1,
    .live_from = 2,
    .period_type = {"contentions", "count"},
    .detail_kind = layout::DetailKind::kText,
    .detail_key = "kind",
    .detail_unit = "waiting",
    .start = block::start,
    .at_end = block::add_open_waits,
    .stop = block::stop,
    .note = blind_spots::note,
};
