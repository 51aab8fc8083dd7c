#include "encoder/pprof/objects.h"

#include <algorithm>

#include "encoder/pprof/profile_fields.h"
#include "encoder/wire/arena_set.h"

namespace encoder {
namespace {

// Later ones of the same address come last: a search backwards meets them first.
bool before(const ObjectRange& a, const ObjectRange& b) {
  if (a.start != b.start) return a.start < b.start;
  if (a.born != b.born) return a.born < b.born;
  return a.ref < b.ref;
}

ObjectRange range_of(layout::Ref ref, const layout::Object& entry) {
  ObjectRange range = {};
  range.start = entry.start;
  range.end = entry.end;
  range.file_offset = entry.file_offset;
  range.born = entry.born;
  range.died = entry.died.load(std::memory_order_acquire);
  range.flags = entry.flags;
  range.ref = ref;
  return range;
}

}  // namespace

bool ObjectTable::open() {
  // Both passes begin at the same entry: one that is added in between is in neither.
  const layout::Ref newest = view_.header().objects.load(std::memory_order_acquire);
  uint32_t room = 0;
  view_.each_in_chain<layout::Object>(newest, budget_, bad_,
                                      [&](layout::Ref, const layout::Object&) { room++; });
  objects_ = arena_.array<ObjectRange>(room);
  if (objects_ == nullptr) return false;
  uint64_t told_before = 0;
  view_.each_in_chain<layout::Object>(newest, budget_, &told_before,
                                      [&](layout::Ref ref, const layout::Object& entry) {
                                        if (count_ == room) return;
                                        const ObjectRange range = range_of(ref, entry);
                                        if (range.start < range.end)
                                          objects_[count_++] = range;
                                        else
                                          ++*bad_;
                                      });
  std::sort(objects_, objects_ + count_, before);
  uint64_t furthest = 0;
  for (uint32_t i = 0; i < count_; i++) {
    furthest = std::max(furthest, objects_[i].end);
    objects_[i].furthest_end = furthest;
    if (objects_[i].flags & layout::kObjectMain) has_main_ = true;
  }
  return true;
}

uint32_t ObjectTable::find(uint64_t pc, uint32_t generation) {
  const ObjectRange* above = std::upper_bound(
      objects_, objects_ + count_, pc,
      [](uint64_t address, const ObjectRange& object) { return address < object.start; });
  // Where addresses were used again, several objects lie over each other, each in its generations.
  for (uint32_t i = static_cast<uint32_t>(above - objects_); i-- > 0;) {
    const ObjectRange& object = objects_[i];
    if (object.furthest_end <= pc || !budget_.take(1)) break;
    if (pc < object.end && object.born <= generation &&
        (object.died == 0 || generation < object.died))
      return i;
  }
  return kNone;
}

uint32_t ObjectTable::path_of(uint32_t i, StringTable& strings) {
  const auto* entry = view_.at<layout::Object>(objects_[i].ref);
  return entry == nullptr ? 0 : filename(objects_[i], *entry, strings);
}

std::string_view ObjectTable::build_id_of(uint32_t i) {
  const auto* entry = view_.at<layout::Object>(objects_[i].ref);
  const uint32_t size = entry == nullptr ? 0 : once(entry->build_id_size);
  if (size > layout::kMaxBuildId) ++*bad_;
  if (size == 0 || size > layout::kMaxBuildId) return {};
  return {reinterpret_cast<const char*>(entry->build_id), size};
}

void ObjectTable::number_mappings() {
  uint32_t id = 0;
  for (uint32_t i = 0; i < count_; i++)
    if (objects_[i].used && (objects_[i].flags & layout::kObjectMain))
      objects_[i].mapping_id = ++id;
  if (id == 0) {
    // pprof takes the first mapping for the program: it is there even if nothing ran in it.
    id = 1;
    for (uint32_t i = 0; i < count_; i++) {
      if ((objects_[i].flags & layout::kObjectMain) == 0) continue;
      objects_[i].mapping_id = id;
      break;
    }
  }
  for (uint32_t i = 0; i < count_; i++)
    if (objects_[i].used && objects_[i].mapping_id == 0) objects_[i].mapping_id = ++id;
}

void ObjectTable::write_mappings(StringTable& strings, MessageStream& out) {
  if (!has_main_) {
    namespace fields = profile_fields::mapping;
    SmallMessage<64> message;
    message.varint(fields::kId, 1);
    message.varint(fields::kFilename,
                   strings.start().add_path(view_.text(view_.header().program, bad_)).finish());
    out.message(profile_fields::profile::kMapping, message);
  }
  for (const bool main : {true, false})
    for (uint32_t i = 0; i < count_; i++)
      if (objects_[i].mapping_id != 0 && main == ((objects_[i].flags & layout::kObjectMain) != 0))
        write_mapping(objects_[i], strings, out);
}

void ObjectTable::write_mapping(const ObjectRange& object, StringTable& strings,
                                MessageStream& out) {
  const auto* entry = view_.at<layout::Object>(object.ref);
  if (entry == nullptr) return;  // cannot be: it was read before
  uint32_t build_id = 0;
  const uint32_t build_id_size = once(entry->build_id_size);
  if (build_id_size <= layout::kMaxBuildId)
    build_id = strings.start().add_hex(entry->build_id, build_id_size).finish();
  else
    ++*bad_;

  namespace fields = profile_fields::mapping;
  SmallMessage<128> message;
  message.varint(fields::kId, object.mapping_id);
  message.varint(fields::kMemoryStart, object.start);
  message.varint(fields::kMemoryLimit, object.end);
  message.varint(fields::kFileOffset, object.file_offset);
  message.varint(fields::kFilename, filename(object, *entry, strings));
  message.varint(fields::kBuildId, build_id);
  // No has_ flag: the names are found later, by the program or by pprof itself.
  out.message(profile_fields::profile::kMapping, message);
}

uint32_t ObjectTable::filename(const ObjectRange& object, const layout::Object& entry,
                               StringTable& strings) {
  if (object.flags & layout::kObjectVdso) return strings.intern("[vdso]");
  std::string_view path = view_.text(entry.path, bad_);
  if (path.empty() && (object.flags & layout::kObjectMain))
    path = view_.text(view_.header().program, bad_);
  if (path.empty()) return strings.intern("[unknown]");
  strings.start();
  if (path[0] != '/' && path[0] != '[') {
    const std::string_view directory = view_.text(view_.header().start_directory, bad_);
    if (!directory.empty()) strings.add_path(directory).add(directory.back() == '/' ? "" : "/");
  }
  return strings.add_path(path).finish();
}

}  // namespace encoder
