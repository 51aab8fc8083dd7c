#include "encoder/pprof/locations.h"

#include <algorithm>
#include <bit>
#include <cstring>

#include "encoder/pprof/profile_fields.h"

namespace encoder {

namespace fields = profile_fields;

namespace {

// The cache of recent places grows with the tables, so that a small host pays little: 16 KiB to 1
// MiB.
constexpr uint64_t kBytesPerRecent = 512;
constexpr uint64_t kFewestRecent = 1024;
constexpr uint64_t kMostRecent = 65536;

}  // namespace

bool LocationTable::open(uint64_t used_bytes) {
  // No more than a sixteenth of the memory.
  const uint64_t wanted =
      std::min<uint64_t>(used_bytes / kBytesPerRecent, arena_.room_bytes() / 16 / sizeof(Recent));
  const uint64_t count = std::bit_floor(std::clamp(wanted, kFewestRecent, kMostRecent));
  recent_ = arena_.array<Recent>(count);
  if (recent_ == nullptr) return false;
  std::memset(recent_, 0, count * sizeof(Recent));
  recent_mask_ = count - 1;
  return true;
}

uint64_t LocationTable::id_of(uint64_t pc, uint32_t generation) {
  Recent& recent = recent_[mixed(pc, generation) & recent_mask_];
  if (recent.id == 0 || recent.pc != pc || recent.generation != generation)
    recent = {pc, generation, static_cast<uint32_t>(look_up(pc, generation))};
  return recent.id;
}

uint64_t LocationTable::look_up(uint64_t pc, uint32_t generation) {
  if (const Pseudo pseudo = pseudo_of(pc); pseudo != Pseudo::kAddress) return id_of(pseudo);
  const uint32_t object = objects_.find(pc, generation);
  const Place place{pc, object};
  uint32_t index = places_.find(place);
  if (index == kNone) index = places_.add(place);
  if (index == kNone) return 0;
  if (object == kNone) {
    id_of(Pseudo::kJit);
  } else {
    objects_[object].used = true;
    if (objects_[object].flags & layout::kObjectVdso) id_of(Pseudo::kVdso);
  }
  return kFirstId + index;
}

void LocationTable::write_all(StringTable& strings, MessageStream& out) {
  for (uint32_t p = 1; p < kFirstId; p++) write_pseudo(static_cast<Pseudo>(p), strings, out);
  for (uint32_t i = 0; i < places_.size(); i++) write_place(i, out);
}

void LocationTable::write_place(uint32_t index, MessageStream& out) {
  const Place& place = places_[index];
  const ObjectRange* object = place.object == kNone ? nullptr : &objects_[place.object];
  SmallMessage<64> message;
  message.varint(fields::location::kId, kFirstId + index);
  if (object != nullptr) message.varint(fields::location::kMappingId, object->mapping_id);
  message.varint(fields::location::kAddress, place.pc);
  const bool in_vdso = object != nullptr && (object->flags & layout::kObjectVdso) != 0;
  if (object == nullptr || in_vdso) {
    SmallMessage<16> line;
    line.varint(fields::line::kFunctionId, function_id(in_vdso ? Pseudo::kVdso : Pseudo::kJit));
    message.message(fields::location::kLine, line);
  }
  out.message(fields::profile::kLocation, message);
}

uint32_t LocationTable::function_id(Pseudo pseudo) const {
  uint32_t id = 0;
  for (uint32_t p = 1; p <= number(pseudo); p++) id += used_[p] ? 1 : 0;
  return id;
}

void LocationTable::write_pseudo(Pseudo pseudo, StringTable& strings, MessageStream& out) {
  if (!used_[number(pseudo)]) return;
  const uint32_t text = strings.intern(name_of(pseudo));
  SmallMessage<32> function;
  function.varint(fields::function::kId, function_id(pseudo));
  function.varint(fields::function::kName, text);
  // Equal names tell pprof that there is nothing to demangle; brackets survive its attempt.
  function.varint(fields::function::kSystemName, text);
  out.message(fields::profile::kFunction, function);
  if (pseudo == Pseudo::kVdso || pseudo == Pseudo::kJit) return;

  // No mapping: an address outside of it would be looked up there, and its name be lost.
  SmallMessage<16> line;
  line.varint(fields::line::kFunctionId, function_id(pseudo));
  SmallMessage<32> location;
  location.varint(fields::location::kId, number(pseudo));
  location.message(fields::location::kLine, line);
  out.message(fields::profile::kLocation, location);
}

}  // namespace encoder
