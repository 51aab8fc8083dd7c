#include "encoder/pprof/mode.h"

namespace encoder {

const char* Mode::read(const TablesView& view, unsigned index, StringTable& strings) {
  const layout::Header& header = view.header();
  const uint32_t mode_count = once(header.mode_count);
  if (index >= mode_count || index >= layout::kMaxModes) return "the tables have no such mode";
  entry = &header.modes[index];
  source_index = once(entry->source);
  value_count = once(entry->value_count);
  live_from = once(entry->live_from);
  default_value = once(entry->default_value);
  period = once(entry->period);
  if (source_index >= mode_count || source_index >= layout::kMaxModes)
    return "the mode shows samples of a mode that is not there";
  if (value_count == 0 || value_count > layout::kMaxValues)
    return "the mode has an impossible number of values";
  source = &header.modes[source_index];
  if (live_from > value_count) live_from = value_count;
  if (default_value >= value_count) default_value = value_count - 1;
  if (period > INT64_MAX) period = INT64_MAX;
  for (unsigned i = 0; i < value_count; i++) {
    types[i] = strings.intern(name_of(entry->values[i].type));
    units[i] = strings.intern(name_of(entry->values[i].unit));
  }
  period_type = strings.intern(name_of(entry->period_type.type));
  live_kind = once(entry->live_kind);
  name = view.mode_name(index);
  if (entry->title.load(std::memory_order_acquire) != 0) {
    types[0] = period_type = strings.intern(name);
  }
  period_unit = strings.intern(name_of(entry->period_type.unit));
  return nullptr;
}

}  // namespace encoder
