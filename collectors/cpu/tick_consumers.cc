#include "collectors/cpu/tick_consumers.h"

#include <atomic>
#include <initializer_list>

#include "collectors/counts/sample_table.h"
#include "collectors/cpu/cpu_account.h"

namespace tick_consumers {

namespace {

constexpr unsigned kMost = 4;
// Null: none. Relaxed in the handler: see the top of the header.
std::atomic<ticks::Consumer> consumers[kMost];
std::atomic<uint32_t> modes[kMost];

}  // namespace

void add(ticks::Consumer consumer, uint32_t mode) {
  // Where it is already, before a free place: one that is there twice counts each tick twice.
  for (const ticks::Consumer before : {consumer, ticks::Consumer{nullptr}}) {
    for (unsigned i = 0; i < kMost; i++) {
      ticks::Consumer expected = before;
      if (!consumers[i].compare_exchange_strong(expected, consumer)) continue;
      modes[i].store(mode, std::memory_order_relaxed);
      return;
    }
  }
}

void remove(ticks::Consumer consumer) {
  for (auto& each : consumers) {
    ticks::Consumer expected = consumer;
    each.compare_exchange_strong(expected, nullptr);
  }
}

void remove_all() {
  for (auto& each : consumers) each.store(nullptr, std::memory_order_relaxed);
}

unsigned count() {
  unsigned count = 0;
  for (auto& each : consumers) count += each.load(std::memory_order_relaxed) != nullptr;
  return count;
}

bool are_recording() {
  for (unsigned i = 0; i < kMost; i++) {
    const uint32_t mode = modes[i].load(std::memory_order_relaxed);
    if (consumers[i].load(std::memory_order_relaxed) != nullptr && mode != ticks::kNoMode &&
        sample_table::is_armed(mode)) {
      return true;
    }
  }
  return false;
}

void give(Thread* thread, layout::Ref stack, layout::Ref labels, uint64_t cpu_ns) {
  cpu_account::gave(cpu_ns);
  for (auto& each : consumers) {
    const ticks::Consumer consumer = each.load(std::memory_order_relaxed);
    if (consumer != nullptr) consumer(thread, stack, labels, cpu_ns);
  }
}

}  // namespace tick_consumers
