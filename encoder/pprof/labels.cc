#include "encoder/pprof/labels.h"

#include "encoder/pprof/profile_fields.h"

namespace encoder {

using Kind = StringTable::Kind;

bool LabelWriter::open(Arena& arena, const layout::ModeEntry& mode) {
  labels_ = arena.array<LabelValue>(kMaxLabels);
  user_ = arena.array<LabelValue>(kMaxPerSet);
  if (labels_ == nullptr || user_ == nullptr) return false;

  detail_kind_ = mode.detail_kind;
  detail_key_ = strings_.intern(name_of(mode.detail_key));
  detail_unit_ = strings_.intern(name_of(mode.detail_unit));
  name_details();

  count_ = 0;
  add_set(view_.header().user_labels);
  for (uint32_t i = 0; i < count_; i++) user_[user_count_++] = labels_[i];
  return true;
}

void LabelWriter::name_details() {
  using layout::DetailKind;
  const bool is_number = detail_kind_ == DetailKind::kNumber;
  if (is_number && detail_unit_ == 0) detail_unit_ = strings_.intern("count");
  if (detail_key_ == 0 || detail_kind_ > DetailKind::kTextAndNumber) {
    detail_kind_ = DetailKind::kNone;
  }
  if (detail_kind_ == DetailKind::kNone) {
    detail_key_ = 0;
    return;
  }
  strings_.use_as_key(detail_key_, is_number ? Kind::kNumber : Kind::kText);
  if (is_number || detail_unit_ == 0) return;
  const bool has_number = detail_kind_ == DetailKind::kTextAndNumber;
  strings_.use_as_key(detail_unit_, has_number ? Kind::kNumber : Kind::kText);
  if (has_number) count_unit_ = strings_.intern("count");
}

void LabelWriter::begin(const layout::Sample& sample) {
  count_ = 0;
  add_detail(sample.detail, sample.value[layout::kMaxValues - 1].load(std::memory_order_relaxed));
  add_set(sample.labels);
  add_user_labels();
}

void LabelWriter::begin_lost() {
  count_ = 0;
  add_user_labels();
}

void LabelWriter::write(Message& sample) const {
  namespace fields = profile_fields::label;
  for (uint32_t i = 0; i < count_; i++) {
    const LabelValue& value = labels_[i];
    SmallMessage<64> message;
    message.varint(fields::kKey, value.key);
    if (value.text != 0) {
      message.varint(fields::kStr, value.text);
    } else {
      message.varint_always(fields::kNum, static_cast<uint64_t>(value.number));
      message.varint(fields::kNumUnit, value.unit);
    }
    sample.message(profile_fields::sample::kLabel, message);
  }
}

void LabelWriter::add_detail(uint64_t detail, double number) {
  using layout::DetailKind;
  if (detail_kind_ == DetailKind::kNumber) {
    return add({detail_key_, 0, detail_unit_, static_cast<int64_t>(detail)});
  }
  if (detail_kind_ == DetailKind::kNone) return;
  uint32_t text = 0;
  const auto first = static_cast<layout::Ref>(detail);
  const auto second = static_cast<layout::Ref>(detail >> 32);
  if (first != 0 && text_of(first, &text)) add({detail_key_, text, 0, 0});
  if (second == 0 || detail_unit_ == 0) return;
  if (detail_kind_ == DetailKind::kTextAndNumber) {
    const bool is_number = number >= 0 && number <= INT32_MAX;
    if (count_unit_ != 0 && is_number) {
      add({detail_unit_, 0, count_unit_, static_cast<int64_t>(number)});
    }
  } else if (text_of(second, &text)) {
    add({detail_unit_, text, 0, 0});
  }
}

void LabelWriter::add_set(layout::Ref ref) {
  if (ref == 0) return;
  LabelSetView set;
  if (!view_.label_set(ref, &set)) {
    ++*bad_;
    return;
  }
  if (set.count > kMaxPerSet) {
    set.count = kMaxPerSet;
    ++*bad_;
  }
  if (!budget_.take(1 + set.count * (set.count + user_count_) / 8)) return;
  for (uint32_t i = 0; i < set.count; i++) {
    LabelValue value;
    if (read(set.labels[i], &value)) add(value);
  }
}

void LabelWriter::add_user_labels() {
  for (uint32_t i = 0; i < user_count_; i++) add(user_[i]);
}

bool LabelWriter::read(const layout::Label& label, LabelValue* out) {
  *out = {};
  if (!text_of(label.key, &out->key)) return false;
  const layout::Ref text = label.text;
  if (text != 0) {
    if (!text_of(text, &out->text)) return false;
  } else {
    out->number = label.number;
    // pprof drops a zero without a unit.
    if (label.unit == 0 || !text_of(label.unit, &out->unit)) out->unit = strings_.intern("count");
    if (out->unit == 0) return false;
  }
  if (out->key == detail_key_) return false;
  const bool reserved = strings_[out->key].starts_with("pprof::");
  if (reserved || !strings_.use_as_key(out->key, text != 0 ? Kind::kText : Kind::kNumber)) {
    ++*bad_;
    return false;
  }
  return true;
}

// False for an empty text too: pprof drops those.
bool LabelWriter::text_of(layout::Ref ref, uint32_t* out) {
  const std::string_view text = cut(view_.text(ref, bad_), kMaxLength);
  if (!budget_.take(1 + text.size() / 64)) return false;
  *out = strings_.intern(text);
  return *out != 0;
}

void LabelWriter::add(const LabelValue& value) {
  if (count_ == kMaxLabels) return;
  for (uint32_t i = 0; i < count_; i++)
    if (labels_[i].key == value.key) return;
  labels_[count_++] = value;
}

}  // namespace encoder
