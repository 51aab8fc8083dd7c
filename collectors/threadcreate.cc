#include "collectors/threadcreate.h"

#include <atomic>

#include "collectors/collector.h"
#include "collectors/counts/sample_table.h"
#include "collectors/snapshot/thread_snapshot.h"
#include "collectors/unwind/capture.h"

namespace threadcreate {

namespace {

uint32_t mode_index;
std::atomic<bool> recording;
std::atomic<uint64_t> failures;

bool start(uint32_t mode, const options::Options&) {
  mode_index = mode;
  failures.store(0, std::memory_order_relaxed);
  recording.store(true, std::memory_order_relaxed);
  return true;
}

void stop() {
  recording.store(false, std::memory_order_relaxed);
}

// Threads that were made past libc are found only while they live, and not where they were made.
constexpr uint64_t kMadeRaw = 1;

void add_raw_thread(int) {
  const double one = 1;
  sample_table::add({mode_index, capture::pseudo(layout::kPcUnknown, 0), 0, kMadeRaw}, &one, 1);
}

void look() {
  if (!recording.load(std::memory_order_relaxed) || !sample_table::is_armed(mode_index)) return;
  sample_table::take_back(mode_index, kMadeRaw);
  thread_snapshot::each_raw_thread(add_raw_thread);
}

void note(text::Builder& out) {
  const uint64_t n = failures.load(std::memory_order_relaxed);
  if (n != 0) out << "threads that could not be created: " << n << "\n";
}

}  // namespace

void created(const Caller& caller) {
  if (!recording.load(std::memory_order_relaxed) || !sample_table::is_armed(mode_index)) return;
  const double one = 1;
  sample_table::add({mode_index, capture::caller(caller), 0, 0}, &one, 1);
}

void failed() {
  failures.fetch_add(1, std::memory_order_relaxed);
}

}  // namespace threadcreate

extern const Collector threadcreate_collector;
const Collector threadcreate_collector = {
    .name = "threadcreate",
    .values = {{"threadcreate", "count"}},
    .live_from = 1,
    .period_type = {"threadcreate", "count"},
    .start = threadcreate::start,
    .at_end = threadcreate::look,
    .stop = threadcreate::stop,
    .note = threadcreate::note,
};
