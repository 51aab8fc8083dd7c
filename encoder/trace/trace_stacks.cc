#include "encoder/trace/trace_stacks.h"

#include <cstring>

#include "encoder/trace/trace_fields.h"

namespace encoder {

namespace fields = trace_fields;

namespace {

constexpr size_t kBuffer = size_t{32} << 10;
// What a mapping with its path, or the frames of the deepest stack, take at the most.
constexpr size_t kRoomForMore = size_t{12} << 10;

}  // namespace

bool TraceStacks::open() {
  auto* buffer = arena_.array<uint8_t>(kBuffer);
  frame_ids_ = arena_.array<uint64_t>(layout::kMaxDepth + 1);
  const size_t count = kFirstId + objects_.size() + 1;
  seen_ = arena_.array<uint32_t>(count);
  if (buffer == nullptr || frame_ids_ == nullptr || seen_ == nullptr) return false;
  std::memset(seen_, 0, count * sizeof *seen_);
  interned_ = Message(buffer, kBuffer);
  return true;
}

bool TraceStacks::is_new(uint32_t number) {
  if (seen_[number] == sequence_) return false;
  seen_[number] = sequence_;
  return true;
}

void TraceStacks::flush_if_full() {
  if (interned_.room() >= kRoomForMore) return;
  flush_(flush_of_, interned_);
  interned_.clear();
}

void TraceStacks::write_text(uint32_t field, uint64_t id, std::string_view text) {
  SmallMessage<StringTable::kMaxLength + 32> message;
  message.varint(fields::interned_string::kId, id);
  message.bytes(fields::interned_string::kText, text);
  interned_.message(field, message);
}

void TraceStacks::write_frame(uint64_t id, uint64_t function, uint64_t mapping,
                              uint64_t relative_pc) {
  SmallMessage<64> message;
  message.varint(fields::frame::kId, id);
  message.varint(fields::frame::kFunctionName, function);
  message.varint(fields::frame::kMapping, mapping);
  message.varint_always(fields::frame::kRelativePc, relative_pc);
  interned_.message(fields::interned::kFrames, message);
}

void TraceStacks::write_mapping(uint32_t object) {
  const uint64_t id = kFirstId + object;
  if (!is_new(static_cast<uint32_t>(id))) return;
  flush_if_full();
  SmallMessage<128> message;
  message.varint(fields::mapping::kId, id);
  if (object < objects_.size()) {
    write_text(fields::interned::kMappingPaths, id, strings_[objects_.path_of(object, strings_)]);
    const std::string_view build_id = objects_.build_id_of(object);
    if (!build_id.empty()) {
      write_text(fields::interned::kBuildIds, id, build_id);
      message.varint(fields::mapping::kBuildId, id);
    }
    message.varint(fields::mapping::kStart, objects_[object].start);
    message.varint(fields::mapping::kEnd, objects_[object].end);
    message.varint(fields::mapping::kExactOffset, objects_[object].file_offset);
  } else {
    write_text(fields::interned::kMappingPaths, id, "[none]");
  }
  message.varint(fields::mapping::kPathIds, id);
  interned_.message(fields::interned::kMappings, message);
}

void TraceStacks::write_function(Pseudo pseudo) {
  const uint32_t id = number(pseudo);
  if (is_new(id)) write_text(fields::interned::kFunctionNames, id, name_of(pseudo));
}

uint64_t TraceStacks::frame_of(Pseudo pseudo) {
  const uint32_t id = number(pseudo);
  const bool is_first = seen_[id] != sequence_;
  write_mapping(objects_.size());
  write_function(pseudo);
  if (is_first) write_frame(id, id, kFirstId + objects_.size(), id);
  return id;
}

uint64_t TraceStacks::frame_of(uint64_t pc, uint32_t generation) {
  if (const Pseudo pseudo = pseudo_of(pc); pseudo != Pseudo::kAddress) return frame_of(pseudo);
  const Place place{pc, objects_.find(pc, generation)};
  uint32_t index = places_.find(place);
  if (index == kNone) index = places_.add(place);
  if (index == kNone) return 0;
  const uint64_t id = kFirstId + index;
  if (places_[index].sequence == sequence_) return id;
  places_[index].sequence = sequence_;
  flush_if_full();
  if (place.object == kNone) {
    write_mapping(objects_.size());
    write_function(Pseudo::kJit);
    write_frame(id, number(Pseudo::kJit), kFirstId + objects_.size(), pc);
    return id;
  }
  const ObjectRange& object = objects_[place.object];
  const bool is_vdso = (object.flags & layout::kObjectVdso) != 0;
  write_mapping(place.object);
  if (is_vdso) write_function(Pseudo::kVdso);
  write_frame(id, is_vdso ? number(Pseudo::kVdso) : 0, kFirstId + place.object,
              pc - object.start + object.file_offset);
  return id;
}

bool TraceStacks::write_stack(layout::Ref ref, uint64_t id, void* of, FlushFunction flush) {
  StackView stack;
  if (!view_.stack(ref, &stack) || !budget_.take(1 + stack.depth)) return false;
  flush_of_ = of;
  flush_ = flush;
  interned_.clear();
  // The root comes first.
  unsigned count = 0;
  if ((stack.flags & layout::kStackTruncated) != 0)
    frame_ids_[count++] = frame_of(Pseudo::kTruncated);
  if ((stack.flags & layout::kStackUnknown) != 0) frame_ids_[count++] = frame_of(Pseudo::kUnknown);
  for (unsigned i = stack.depth; i-- > 0 && count <= layout::kMaxDepth;) {
    frame_ids_[count++] = frame_of(once(stack.pcs[i]), stack.generation);
  }
  flush_if_full();
  SmallMessage<8 * (layout::kMaxDepth + 4)> message;
  message.varint(fields::callstack::kId, id);
  for (unsigned i = 0; i < count; i++) {
    message.varint(fields::callstack::kFrameIds, frame_ids_[i]);
  }
  interned_.message(fields::interned::kCallstacks, message);
  flush(of, interned_);
  return true;
}

}  // namespace encoder
