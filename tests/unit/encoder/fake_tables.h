// Tables written by a test, after tables/layout.h alone: what the encoder reads need not come
// from the code that writes it in the host.
#pragma once

#include <algorithm>
#include <cstdint>
#include <cstring>
#include <stdexcept>
#include <string_view>
#include <vector>

#include "tables/layout.h"

struct FakeLabel {
  std::string_view key;
  std::string_view text;  // "": a number
  int64_t number = 0;
  std::string_view unit = "";
};

class FakeTables {
 public:
  explicit FakeTables(size_t size_bytes = size_t{1} << 20) : words_(size_bytes / 8) {
    layout::Header& h = header();
    std::memcpy(h.magic, layout::kMagic, sizeof h.magic);
    h.version = layout::kVersion;
    h.header_size = sizeof(layout::Header);
    h.limit = size_bytes;
    h.committed = size_bytes;
    h.used = (sizeof(layout::Header) + 7) / 8 * 8;
    h.state = static_cast<uint32_t>(layout::State::kRecording);
    h.pid = 4711;
    h.start_realtime_ns = 1700000000123456789;  // 2023-11-14T22:13:20.123Z
    h.start_monotonic_ns = 5000;
    h.end_monotonic_ns = 2000005000;
    h.stack_depth = 128;
    h.program = text("/usr/bin/app");
    h.program_name = text("app");
    h.command_line = text(std::string_view("app\0--size\0 12\0", 15));
    h.host_name = text("box");
    h.start_directory = text("/home/me");
  }

  layout::Header& header() { return *reinterpret_cast<layout::Header*>(words_.data()); }
  const void* data() const { return words_.data(); }
  size_t size_bytes() const { return words_.size() * 8; }
  template <typename T>
  T& at(layout::Ref ref) {
    return *reinterpret_cast<T*>(&words_.at(ref));
  }

  layout::Ref allocate(size_t bytes) {
    const uint64_t offset = header().used;
    if (offset + bytes > size_bytes()) throw std::runtime_error("the test's tables are too small");
    header().used = (offset + bytes + 7) / 8 * 8;
    return static_cast<layout::Ref>(offset / 8);
  }

  layout::Ref text(std::string_view bytes) {
    const layout::Ref ref =
        allocate(std::max(sizeof(layout::Text), offsetof(layout::Text, bytes) + bytes.size()));
    at<layout::Text>(ref).length = static_cast<uint32_t>(bytes.size());
    std::copy(bytes.begin(), bytes.end(),
              reinterpret_cast<char*>(&at<char>(ref)) + offsetof(layout::Text, bytes));
    return ref;
  }

  layout::Ref label_set(const std::vector<FakeLabel>& labels) {
    const layout::Ref ref =
        allocate(offsetof(layout::LabelSet, labels) + labels.size() * sizeof(layout::Label));
    at<layout::LabelSet>(ref).count = static_cast<uint32_t>(labels.size());
    for (size_t i = 0; i < labels.size(); i++) {
      layout::Label label = {};
      label.key = text(labels[i].key);
      if (!labels[i].text.empty()) label.text = text(labels[i].text);
      if (!labels[i].unit.empty()) label.unit = text(labels[i].unit);
      label.number = labels[i].number;
      at<layout::LabelSet>(ref).labels[i] = label;
    }
    return ref;
  }

  layout::Ref object(std::string_view path, uint64_t start, uint64_t end, uint32_t flags = 0,
                     uint32_t born = 0, uint32_t died = 0) {
    const layout::Ref ref = allocate(sizeof(layout::Object));
    layout::Object& o = at<layout::Object>(ref);
    o.flags = flags;
    o.start = start;
    o.end = end;
    o.file_offset = 0x1000;
    o.path = text(path);
    o.build_id_size = 4;
    const uint8_t id[] = {0xAB, 0x01, static_cast<uint8_t>(start >> 12), 0xff};
    std::copy(id, id + 4, o.build_id);
    o.born = born;
    o.died = died;
    o.next = header().objects.exchange(ref);
    return ref;
  }

  layout::Ref stack(const std::vector<uint64_t>& pcs, uint16_t flags = 0, uint32_t generation = 0) {
    const layout::Ref ref = allocate(offsetof(layout::Stack, pc) + pcs.size() * 8);
    layout::Stack& s = at<layout::Stack>(ref);
    s.generation = generation;
    s.depth = static_cast<uint16_t>(pcs.size());
    s.flags = flags;
    std::copy(pcs.begin(), pcs.end(), &words_[ref + offsetof(layout::Stack, pc) / 8]);
    return ref;
  }

  layout::Ref sample(layout::Ref stack, const std::vector<double>& values, uint32_t mode = 0,
                     layout::Ref labels = 0, uint64_t detail = 0) {
    const layout::Ref ref = allocate(sizeof(layout::Sample));
    layout::Sample& s = at<layout::Sample>(ref);
    s.stack = stack;
    s.labels = labels;
    s.mode = mode;
    s.detail = detail;
    for (size_t i = 0; i < values.size(); i++) s.value[i] = values[i];
    link(header().samples, ref, &s.next);
    return ref;
  }

  layout::Ref live(uint64_t address, uint64_t size, layout::Ref sample) {
    return live_in(header().live, address, size, sample);
  }
  layout::Ref live_in(layout::HashHeads& heads, uint64_t address, uint64_t size,
                      layout::Ref sample) {
    const layout::Ref ref = allocate(sizeof(layout::LiveBlock));
    layout::LiveBlock& block = at<layout::LiveBlock>(ref);
    block.address = address;
    block.size = size;
    block.sample = sample;
    link(heads, ref, &block.next);
    return ref;
  }

  // The chain's head that entry number `n` of a table went into.
  layout::AtomicRef& head(layout::HashHeads& heads, uint32_t n) {
    layout::AtomicRef& segment = heads.segments[n / layout::kHeadsPerSegment % 2];
    if (segment == 0) segment = allocate(sizeof(layout::AtomicRef) * layout::kHeadsPerSegment);
    return (&at<layout::AtomicRef>(segment))[n % layout::kHeadsPerSegment];
  }

  layout::ModeEntry& cpu() {
    layout::ModeEntry& m = mode("cpu", {{"samples", "count"}, {"cpu", "nanoseconds"}}, 1);
    set(m.period_type, "cpu", "nanoseconds");
    m.period = 10000000;
    return m;
  }
  layout::ModeEntry& heap(uint64_t rate = 1) { return heap_like("heap", 3, rate); }
  // Shows the samples of mode `source`.
  layout::ModeEntry& allocs(uint32_t source, uint64_t rate = 1) {
    layout::ModeEntry& m = heap_like("allocs", 1, rate);
    m.source = source;
    return m;
  }
  layout::ModeEntry& mode(std::string_view name,
                          const std::vector<std::pair<const char*, const char*>>& values,
                          uint32_t default_value) {
    const uint32_t index = header().mode_count++;
    layout::ModeEntry& m = header().modes[index];
    std::copy(name.begin(), name.end(), m.name);
    m.source = index;
    m.value_count = static_cast<uint32_t>(values.size());
    m.live_from = m.value_count;
    m.default_value = default_value;
    m.armed = 1;
    for (size_t i = 0; i < values.size(); i++) set(m.values[i], values[i].first, values[i].second);
    return m;
  }

 private:
  layout::ModeEntry& heap_like(std::string_view name, uint32_t default_value, uint64_t rate) {
    layout::ModeEntry& m = mode(name,
                                {{"alloc_objects", "count"},
                                 {"alloc_space", "bytes"},
                                 {"inuse_objects", "count"},
                                 {"inuse_space", "bytes"}},
                                default_value);
    set(m.period_type, "space", "bytes");
    m.period = rate;
    m.live_from = 2;
    m.detail_kind = layout::DetailKind::kNumber;
    std::strcpy(m.detail_key, "bytes");
    std::strcpy(m.detail_unit, "bytes");
    return m;
  }
  static void set(layout::ValueType& to, const char* type, const char* unit) {
    std::strcpy(to.type, type);
    std::strcpy(to.unit, unit);
  }
  void link(layout::HashHeads& heads, layout::Ref ref, layout::AtomicRef* next) {
    layout::AtomicRef& first = head(heads, entry_count_++ * 7);
    next->store(first);
    first = ref;
  }

  std::vector<uint64_t> words_;
  uint32_t entry_count_ = 0;
};
