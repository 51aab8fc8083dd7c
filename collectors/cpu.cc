// Where CPU time goes: every tick of every thread.
#include "collectors/cpu.h"

#include "collectors/collector.h"
#include "collectors/counts/sample_table.h"
#include "collectors/cpu/cpu_account.h"
#include "collectors/cpu/ticks.h"
#include "collectors/unwind/capture.h"

namespace {

uint32_t mode_index;
uint64_t period_ns;
bool recording;
constinit cpu::Before before{};

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

void note(text::Builder& out) {
  ticks::note(out);
  if (before.used_ns == 0) return;
  constexpr uint64_t kTick = 10000000;
  if (before.is_known) {
    cpu_account::write_seconds(out << "# CPU time of the loader before the recording: ",
                               before.loader_ns);
    const uint64_t earlier_ns = before.used_ns - before.loader_ns;
    if (earlier_ns != 0) {
      cpu_account::write_seconds(out << ", of earlier programs of the process (exec): ",
                                 earlier_ns);
    }
  } else {
    cpu_account::write_seconds(out << (before.used_ns < kTick ? "# " : "")
                                   << "CPU time of the process before the recording: ",
                               before.used_ns);
    out << ", in no row: how much of it is the loader's is not known, since a program without the "
           "profiler ran in this process";
  }
  out << "\n";
}

void record(uint64_t leaf, uint64_t ns) {
  if (ns != 0) ran(nullptr, capture::pseudo(leaf, 0), labels::here(), ns);
}

}  // namespace

namespace cpu {

void record_before(const Before& found) {
  if (!recording) return;
  before = found;
  if (!found.is_known) return;
  record(layout::kPcLoader, found.loader_ns);
  record(cpu_account::leaf_of(found.unsaid_ns, period_ns), found.unsaid_ns);
}

void forget_before() {
  before = {};
}

}  // namespace cpu

extern const Collector cpu_collector;
const Collector cpu_collector = {
    .name = "cpu",
    .value_count = 2,
    .values = {{"samples", "count"}, {"cpu", "nanoseconds"}},
    .default_value = 1,
    .live_from = 2,
    .period_type = {"cpu", "nanoseconds"},
    .period = period,
    .start = start,
    .stop = stop,
    .note = note,
};
