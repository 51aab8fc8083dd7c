// The labels of a sample, from three places: what the sample says itself, what its thread carried,
// and PROFILER_LABELS. The nearest to the sample wins, for pprof wants one value to a key.
#pragma once

#include <cstdint>

#include "encoder/wire/protobuf_writer.h"
#include "encoder/wire/string_table.h"
#include "tables/tables_view.h"

namespace encoder {

struct LabelValue {
  uint32_t key;
  uint32_t text;  // 0: a number
  uint32_t unit;  // of a number, never 0 then
  int64_t number;
};

class LabelWriter {
 public:
  static constexpr uint32_t kMaxPerSet = 64;
  static constexpr size_t kMaxLength = 1024;  // of a key or a text

  LabelWriter(const TablesView& view, StringTable& strings, Budget& budget, uint64_t* bad)
      : view_(view), strings_(strings), budget_(budget), bad_(bad) {}

  // Reads the user's labels and what the details of the mode's samples are called. False without
  // memory.
  bool open(Arena& arena, const layout::ModeEntry& mode);

  // Gathers the labels of a sample, or of one that has neither detail nor thread.
  void begin(const layout::Sample& sample);
  void begin_lost();
  void write(Message& sample) const;

 private:
  static constexpr uint32_t kMaxLabels = 2 * kMaxPerSet + 1;

  void name_details();
  void add_detail(uint64_t detail, double number);
  void add_set(layout::Ref ref);
  void add_user_labels();
  bool read(const layout::Label& label, LabelValue* out);
  bool text_of(layout::Ref ref, uint32_t* out);
  void add(const LabelValue& value);

  const TablesView& view_;
  StringTable& strings_;
  Budget& budget_;
  uint64_t* bad_;
  layout::DetailKind detail_kind_ = layout::DetailKind::kNone;
  uint32_t detail_key_ = 0;
  uint32_t detail_unit_ = 0;
  uint32_t count_unit_ = 0;
  uint32_t count_ = 0;
  uint32_t user_count_ = 0;
  LabelValue* user_ = nullptr;
  LabelValue* labels_ = nullptr;
};

}  // namespace encoder
