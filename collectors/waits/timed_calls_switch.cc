#include "collectors/waits/timed_calls_switch.h"

#include "collectors/counts/sample_table.h"

namespace timed_calls_switch {

namespace {

// Bits of the modes.
std::atomic<uint64_t> served, always_served;
static_assert(layout::kMaxModes <= 64);

bool is_wanted() {
  bool on = always_served.load(std::memory_order_relaxed) != 0;
  for (uint64_t left = served.load(std::memory_order_relaxed); left != 0 && !on; left &= left - 1) {
    on = sample_table::is_armed(static_cast<uint32_t>(__builtin_ctzll(left)));
  }
  return on;
}

}  // namespace

void serve(uint32_t mode, bool always) {
  served.fetch_or(uint64_t{1} << mode, std::memory_order_relaxed);
  if (always) {
    always_served.fetch_or(uint64_t{1} << mode, std::memory_order_relaxed);
  } else {
    always_served.fetch_and(~(uint64_t{1} << mode), std::memory_order_relaxed);
  }
  settle();
}

// Repeats if a mode was armed meanwhile, since a thread that found the switch on does nothing.
void settle() {
  for (bool on = is_wanted(); is_on.load(std::memory_order_relaxed) != on; on = is_wanted()) {
    is_on.store(on, std::memory_order_seq_cst);
  }
}

}  // namespace timed_calls_switch
