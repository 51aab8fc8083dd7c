// What the agent reads: tables that their owner changes while they are encoded.
#include <cstring>
#include <string>
#include <vector>

#include "encoder/encode.h"
#include "encoder/trace/trace.h"
#include "tables/trace_layout.h"
#include "tests/fuzz/harnesses.h"
#include "tests/unit/encoder/fake_tables.h"

namespace fuzz {

namespace {

constexpr size_t kSize = size_t{64} << 10;
constexpr size_t kArena = size_t{2} << 20;
constexpr unsigned kModes = 5;

void add_trace(FakeTables& t, layout::Ref stack) {
  t.mode("trace", {{"events", "count"}}, 0);
  const layout::Ref ref = t.allocate(sizeof(layout::Trace));
  const layout::Ref place = t.allocate(sizeof(layout::TraceSegment));
  auto& segment = t.at<layout::TraceSegment>(place);
  segment.turn = segment.serial = 1;
  segment.ordinal = 1;
  segment.tid = 4712;
  segment.name = t.text("worker");
  for (unsigned i = 0; i < 64; i++) {
    layout::TraceEvent& event = segment.events[i];
    event.stack = stack;
    event.time_ns = 6000 + i;
    event.object = i;
    event.value = i % 3;
    event.mark = 1 << 16 | i % 14 << 8 | i % static_cast<unsigned>(layout::TraceKind::kCount);
  }
  t.at<layout::Trace>(ref).segments = place;
  t.header().trace = ref;
}

// Some of everything.
FakeTables tables() {
  FakeTables t(kSize);
  t.heap(4096);
  layout::ModeEntry& cpu = t.cpu();
  cpu.detail_kind = layout::DetailKind::kTextAndNumber;
  std::strcpy(cpu.detail_key, "state");
  std::strcpy(cpu.detail_unit, "tid");
  layout::ModeEntry& own = t.cpu();
  own.live_from = 0;
  own.live_kind = layout::LiveKind::kReferences;
  own.title = t.text("sessions");
  layout::ModeEntry& descriptors = t.cpu();
  descriptors.live_from = 0;
  descriptors.live_kind = layout::LiveKind::kDescriptors;
  t.header().user_labels = t.label_set({{"service", "shop"}, {"n", "", 3, "x"}});
  t.header().note = t.text("a note\n# and another");
  t.object("/usr/bin/app", 0x1000, 0x9000, layout::kObjectMain);
  t.object("lib.so (deleted)", 0x18000, 0x28000, 0, 1, 3);
  layout::Ref stack = 0;
  for (uint64_t i = 0; i < 12; i++) {
    std::vector<uint64_t> pcs;
    for (uint64_t k = 0; k <= i; k++) pcs.push_back(0x1000 + 0x1234 * k + i);
    const auto mode = static_cast<uint32_t>(i % 4);
    stack = t.stack(pcs, 0, static_cast<uint32_t>(i % 4));
    const layout::Ref sample =
        t.sample(stack, {1.5, 100.25}, mode, i % 3 ? t.label_set({{"thread", "worker"}}) : 0,
                 mode == 1 ? t.text("running") : i);
    t.live(0x5000 + i * 32, i * 100, sample);
    t.live_in(t.header().references, 0x5000 + i, mode, sample);
  }
  add_trace(t, stack);
  return t;
}

// The owner: changes a word whenever the encoder asks for memory, asks what a row has, or writes.
struct Owner {
  FakeTables& tables;
  const uint8_t* data;
  size_t size;
  std::vector<std::vector<char>> blocks{};

  void act() {
    if (size < 6) return;
    uint16_t place = 0;
    memcpy(&place, data, 2);
    const size_t at = place % (kSize / 4) * 4;
    memcpy(static_cast<char*>(const_cast<void*>(tables.data())) + at, data + 2, 4);
    data += 6;
    size -= 6;
  }
  static void* more(void* self, size_t bytes) {
    auto& owner = *static_cast<Owner*>(self);
    owner.act();
    owner.blocks.emplace_back(bytes + 16);
    const auto at = reinterpret_cast<uintptr_t>(owner.blocks.back().data());
    return reinterpret_cast<void*>((at + 15) & ~uintptr_t{15});
  }
  static void apply(void* self, layout::Ref, double (&)[layout::kMaxValues]) {
    static_cast<Owner*>(self)->act();
  }
  static bool write(void* self, const void*, size_t) {
    static_cast<Owner*>(self)->act();
    return true;
  }
};

}  // namespace

// The first byte is the mode; of the rest each 6 bytes are a word's place and its new value.
void live_view(const uint8_t* data, size_t size) {
  if (size == 0) return;
  FakeTables t = tables();
  encoder::EncodeInput input;
  const char* error = nullptr;
  require(input.view.open(t.data(), t.size_bytes(), &error), "good tables are opened");
  input.mode_index = data[0] % kModes;
  Owner owner{t, data + 1, size - 1};
  owner.act();
  input.filter = {Owner::apply, &owner};
  encoder::Arena arena({Owner::more, &owner}, kArena);
  encoder::Result result;
  const bool encoded = encode(input, arena, {Owner::write, &owner}, &result);
  require(encoded == (result.error == nullptr), "a file, or a sentence");
  require(arena.taken_bytes() <= kArena, "no more memory than it was given");
}

}  // namespace fuzz
