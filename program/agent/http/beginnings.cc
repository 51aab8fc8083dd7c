#include "program/agent/http/beginnings.h"

#include <malloc.h>

#include <atomic>

#include "program/agent/target/tables_reading.h"

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

std::shared_ptr<const RowValues> Beginnings::take(const TargetTables& tables, unsigned mode,
                                                  const std::function<bool()>& is_over) {
  const auto make = [&]() -> std::shared_ptr<const RowValues> {
    const auto place = room_.take(encoding_bytes(tables), is_over);
    if (place == nullptr) return nullptr;
    RowValues values;
    remember(tables, mode, &values);
    return counted(std::move(values));
  };
  return turns_.take(mode, make, is_over);
}

}  // namespace program
