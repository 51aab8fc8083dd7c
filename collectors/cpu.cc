// Where CPU time goes: every tick of every thread.
#include "collectors/collector.h"
#include "collectors/core/sample_table.h"
#include "collectors/core/ticks.h"

namespace {

uint32_t mode_index;
uint64_t period_ns;
bool recording;

uint64_t period(const options::Options& options) {
  return 1000000000 / options.cpu_hz;
}

void ran(Thread*, layout::Ref stack, layout::Ref labels, uint64_t cpu_ns) {
  if (!sample_table::is_armed(mode_index)) return;
  const auto ns = static_cast<double>(cpu_ns);
  const double values[2] = {ns / static_cast<double>(period_ns), ns};
  sample_table::add({mode_index, stack, labels, 0}, values, 2);
}

bool start(uint32_t mode, const options::Options& options) {
  mode_index = mode;
  period_ns = period(options);
  recording = true;
  return ticks::start(ran, mode, period_ns, options.cpu_clock);
}

void stop() {
  if (recording) ticks::stop(ran);
  recording = false;
}

}  // namespace

extern const Collector cpu_collector;
const Collector cpu_collector = {
    .name = "cpu",
    .value_count = 2,
    .values = {{"samples", "count"}, {"cpu", "nanoseconds"}},
    .default_value = 1,
    .live_from = 2,
    .period_type = {"cpu", "nanoseconds"},
    .period = period,
    .detail_kind = layout::DetailKind::kNone,
    .detail_key = "",
    .detail_unit = "",
    .start = start,
    .at_end = nullptr,
    .stop = stop,
    .note = ticks::note,
};
