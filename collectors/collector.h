// What a collector is: one kind of event, counted by stack. A struct of constants and functions, no
// constructors, no virtuals; collectors/meson.build lists them, and the list makes the registry.
#pragma once

#include <cstdint>

#include "env/options.h"
#include "env/sys/text.h"
#include "tables/layout.h"

struct ValueTypeName {
  const char* type;
  const char* unit;
};

struct Collector {
  const char* name;  // the mode
  uint32_t value_count = 1;
  ValueTypeName values[layout::kMaxValues];
  uint32_t default_value = 0;
  // The first value that is a sum over what is live (layout::LiveKind), or value_count.
  uint32_t live_from;
  ValueTypeName period_type;
  uint64_t (*period)(const options::Options& options) = [](const options::Options&) {
    return uint64_t{1};  // everything is counted
  };
  layout::DetailKind detail_kind = layout::DetailKind::kNone;
  const char* detail_key = nullptr;
  const char* detail_unit = nullptr;
  // Begins to record under the index `mode` of the tables; false (with a line said) if it cannot.
  // Two collectors with the same start show the same samples: it is called once.
  bool (*start)(uint32_t mode, const options::Options& options);
  // A look at what is now, before a file is written, in place of an earlier look; null: none.
  void (*at_end)() = nullptr;
  // Ends recording: when it returns no event that begins later is recorded.
  void (*stop)();
  // Lines for the comments of its profiles, "# " in front of what is no trouble; null: none.
  void (*note)(text::Builder& out) = nullptr;
  layout::LiveKind live_kind = layout::LiveKind::kBlocks;
};
