#include "encoder/program/agent/beginnings.h"

#include <malloc.h>

#include <atomic>

#include "encoder/program/agent/look.h"

namespace program {
namespace {

constexpr size_t kMostBytes = size_t{24} << 20;
constexpr size_t kRowBytes = sizeof(RowValues::Row);

std::atomic<size_t> kept_bytes{0};

// Counts itself as long as a window has it.
std::shared_ptr<const RowValues> counted(RowValues values) {
  const size_t bytes = values.size() * kRowBytes;
  if (kept_bytes.fetch_add(bytes) + bytes > kMostBytes && kept_bytes != bytes) {
    kept_bytes -= bytes;
    return nullptr;
  }
  return {new RowValues(std::move(values)), [bytes](const RowValues* rows) {
            delete rows;
            kept_bytes -= bytes;
            malloc_trim(0);
          }};
}

}  // namespace

std::shared_ptr<const RowValues> Beginnings::take(const HostTables& tables, unsigned mode) {
  std::unique_lock lock(mutex_);
  Turns& turns = turns_[mode];
  // The one that is being taken began before us.
  const uint64_t wanted = turns.begun + 1;
  changed_.wait(lock, [&] { return !turns.is_busy || turns.done >= wanted; });
  if (turns.done >= wanted) {
    if (auto shared = turns.last.lock()) return shared;
    changed_.wait(lock, [&] { return !turns.is_busy; });
  }
  turns.is_busy = true;
  turns.begun++;
  lock.unlock();
  RowValues values;
  remember(tables, mode, &values);
  std::shared_ptr<const RowValues> taken = counted(std::move(values));
  lock.lock();
  turns.is_busy = false;
  turns.done = turns.begun;
  turns.last = taken;
  changed_.notify_all();
  return taken;
}

}  // namespace program
