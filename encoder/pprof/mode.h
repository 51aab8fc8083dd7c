// What a profile has to know about its mode: read once from the tables and put in order, so that
// nothing changes below the encoder.
#pragma once

#include <cstdint>
#include <string_view>

#include "encoder/wire/string_table.h"
#include "tables/tables_view.h"

namespace encoder {

struct Mode {
  const layout::ModeEntry* entry = nullptr;   // names, counters of its own
  const layout::ModeEntry* source = nullptr;  // whose samples and losses it shows
  std::string_view name;
  uint32_t source_index = 0;
  unsigned value_count = 0;
  unsigned live_from = 0;  // value_count: no value comes from what is live
  layout::LiveKind live_kind = layout::LiveKind::kBlocks;
  unsigned default_value = 0;
  uint64_t period = 0;
  uint32_t types[layout::kMaxValues] = {};  // in the string table
  uint32_t units[layout::kMaxValues] = {};
  uint32_t period_type = 0;
  uint32_t period_unit = 0;

  // nullptr, or a sentence that says why there is no such mode.
  const char* read(const TablesView& view, unsigned index, StringTable& strings);
};

}  // namespace encoder
