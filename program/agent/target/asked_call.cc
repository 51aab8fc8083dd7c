#include "program/agent/target/asked_call.h"

#include <unistd.h>

#include <chrono>

#include "program/agent/target/target_tables.h"

namespace program {
namespace {

constexpr auto kLook = std::chrono::milliseconds(20);
constexpr uint64_t kLongest_ns = 30000000000;  // ten thousand threads take nine seconds

bool is_told(const layout::Control& control, uint32_t call) {
  // Acquire: pairs with the release of the answer, the rows were written before.
  return control.calls_answered.load(std::memory_order_acquire) == call;
}

// No thread is to answer it any more; a call of another client stays. False: the answer is not
// whole.
bool end(layout::Control& control, uint32_t call) {
  const bool is_whole = is_told(control, call);
  if (control.calls_wanted.load() == call) control.calls_answered.store(call);
  return is_whole;
}

bool is_at_end(const TargetTables& tables, const Patience& patience) {
  return monotonic_ns() >= patience.end_ns || !tables.is_running() ||
         (patience.is_over && patience.is_over());
}

}  // namespace

bool is_answered(const TargetTables& tables, uint32_t call) {
  layout::Control& control = tables.control();
  const uint64_t begun_ns = monotonic_ns();
  uint64_t moved_ns = begun_ns;
  uint32_t heard = control.calls_heard.load();
  while (!is_told(control, call)) {
    usleep(2000);
    const uint64_t now_ns = monotonic_ns();
    const uint32_t now_heard = control.calls_heard.load();
    if (now_heard != heard) moved_ns = now_ns;
    heard = now_heard;
    if (now_ns > moved_ns + kAnswer_ns || now_ns > begun_ns + kLongest_ns) break;
    if (!tables.is_running()) break;
  }
  return end(control, call);
}

CallDesk::Turn::Turn(CallDesk& desk) : desk_(desk) {
  std::unique_lock lock(desk_.mutex_);
  desk_.turns_wanted_++;
  desk_.changed_.wait(lock, [&] { return !desk_.is_taken_; });
  desk_.turns_wanted_--;
  desk_.is_taken_ = true;
}

CallDesk::Turn::~Turn() {
  {
    const std::lock_guard lock(desk_.mutex_);
    desk_.is_taken_ = false;
  }
  desk_.changed_.notify_all();
}

// It may stay open for long: a client that wants to call for something else has the turn before.
uint32_t CallDesk::call_times(const TargetTables& tables, uint64_t since_ns,
                              const Patience& patience, uint64_t* unheard_ns) {
  const layout::Control& control = tables.control();
  *unheard_ns = monotonic_ns();
  const uint32_t heard = control.calls_heard.load();
  const uint32_t call = tables.call_times(since_ns);
  while (!is_told(control, call) && !is_at_end(tables, patience)) {
    {
      const std::lock_guard lock(mutex_);
      if (turns_wanted_ > 0) break;
    }
    usleep(2000);
    const uint64_t now_ns = monotonic_ns();
    if (control.calls_heard.load() == heard) *unheard_ns = now_ns;
  }
  return end(tables.control(), call) ? call : 0;
}

uint32_t CallDesk::record_times(const TargetTables& tables, uint64_t since_ns,
                                const Patience& patience) {
  const uint64_t asked_ns = monotonic_ns();
  std::unique_lock lock(mutex_);
  while (answered_ns_ < asked_ns) {
    if (is_at_end(tables, patience)) return 0;
    if (is_taken_ || turns_wanted_ > 0) {
      changed_.wait_for(lock, kLook);
      continue;
    }
    is_taken_ = true;
    lock.unlock();
    uint64_t unheard_ns = 0;
    const uint32_t call = call_times(tables, since_ns, patience, &unheard_ns);
    lock.lock();
    is_taken_ = false;
    if (call != 0) {
      answered_ = call;
      answered_ns_ = unheard_ns;
    }
    changed_.notify_all();
  }
  return answered_;
}

void record_times(const TargetTables& tables) {
  const uint64_t now_ns = monotonic_ns();
  tables.desk().record_times(tables, now_ns, {now_ns + kAnswer_ns});
}

}  // namespace program
