#include "collectors/heap.h"

#include "collectors/counts/sample_table.h"
#include "collectors/counts/sampler.h"
#include "collectors/threads/labels.h"
#include "collectors/unwind/capture.h"
#include "env/sys/arch.h"
#include "tables/tables.h"

namespace heap {

namespace {

uint32_t mode_index;
uint64_t rate_bytes = 512 * 1024;

// Samples are taken. Relaxed: what is allocated at that moment is counted or not.
std::atomic<bool> recording;

// Each thread's first allocation draws. Relaxed: read at the end alone.
std::atomic<bool> reached;

// In-use blocks no longer change. Relaxed: a block that another thread frees at that moment may
// count as in use or not.
std::atomic<bool> ending;

// For a point of a timeline, where no code could add up the live table.
std::atomic<int64_t> live_weight_bytes;

void weigh(const LiveEntry& entry, int sign) {
  if (entry.size == 0) return;
  const double size = static_cast<double>(entry.size);
  const double bytes = weight::of_allocation(entry.size, rate_bytes) * size;
  live_weight_bytes.fetch_add(sign * static_cast<int64_t>(bytes), std::memory_order_relaxed);
}

bool take_out(const void* p, LiveEntry* entry) {
  if (ending.load(std::memory_order_relaxed)) return false;
  if (!live_table::may_hold(p) || !live_table::remove(p, entry)) return false;
  weigh(*entry, -1);
  return true;
}

void enter(const void* p, const LiveEntry& entry) {
  if (ending.load(std::memory_order_relaxed)) return;
  LiveEntry old;
  if (live_table::insert(p, entry, &old)) weigh(entry, +1);
  weigh(old, -1);
}

}  // namespace

bool is_sample(size_t size) {
  ThreadState& state = thread_state;
  state.heap_draws++;
  reached.store(true, std::memory_order_relaxed);
  if (!state.heap_seeded) {
    // The first draw of a thread happens at its first allocation, which is then held against it:
    // else every thread would begin with a sample.
    state.heap_seeded = true;
    state.heap_countdown = sampler::next_countdown(sampler::sequence(), rate_bytes);
    if (passes(size)) return false;
  }
  state.heap_countdown = sampler::next_countdown(sampler::sequence(), rate_bytes);
  return recording.load(std::memory_order_relaxed) && sample_table::is_armed(mode_index);
}

void allocated(const void* p, size_t size, const Caller& caller) {
  const double objects = weight::of_allocation(size, rate_bytes);
  const double values[2] = {objects, objects * static_cast<double>(size)};
  const layout::Ref stack = capture::caller(caller);
  const layout::Ref sample = sample_table::add(
      {mode_index, stack, labels::of_host_here(), sampler::size_class(size)}, values, 2);
  // Without a row too: it is live all the same, under [lost].
  enter(p, {size, sample});
}

void freeing(const void* p) {
  LiveEntry entry;
  take_out(p, &entry);
}

Move moving(const void* p) {
  Move move{false, {0, 0}};
  if (p != nullptr) move.sampled = take_out(p, &move.entry);
  return move;
}

void moved(const Move& move, const void* p, const void* q, size_t size) {
  if (move.sampled && q == nullptr && size != 0) enter(p, move.entry);
}

bool live_bytes(uint64_t* bytes) {
  const int64_t live = live_weight_bytes.load(std::memory_order_relaxed);
  *bytes = live > 0 ? static_cast<uint64_t>(live) : 0;
  return is_recording();
}

bool was_reached() {
  return reached.load(std::memory_order_relaxed);
}

bool is_recording() {
  return recording.load(std::memory_order_relaxed);
}

void end_begins() {
  ending.store(true, std::memory_order_relaxed);
}

void forget_blocks() {
  ending.store(false, std::memory_order_relaxed);
  live_table::clear();
  live_weight_bytes.store(0, std::memory_order_relaxed);
}

uint64_t period(const options::Options& options) {
  return options.heap_rate_bytes;
}

bool start(uint32_t mode, const options::Options& options) {
  mode_index = mode;
  rate_bytes = options.heap_rate_bytes;
  // The forking thread drew for itself.
  thread_state.heap_seeded = false;
  thread_state.heap_countdown = 0;
  reached.store(false, std::memory_order_relaxed);
  recording.store(true, std::memory_order_relaxed);
  return true;
}

void stop() {
  recording.store(false, std::memory_order_relaxed);
}

}  // namespace heap

extern const Collector heap_collector;
const Collector heap_collector = heap::describe("heap", 3);
