#include "collectors/unwind/object_slots.h"

#include "collectors/threads/threads.h"
#include "tables/chains.h"

namespace object_slots {

constinit CodeRange ranges[kMaxRanges]{};
constinit std::atomic<uint32_t> range_count{};

namespace {

constexpr uint64_t kPage = 4096;
frames::Hold changing;

// Inlined: the frame is the caller's, which goes on while it has the slots.
ALWAYS_INLINE bool take_changing() {
  const int32_t tid = threads::own_number();
  const auto here = reinterpret_cast<uint64_t>(__builtin_frame_address(0));
  return changing.take(tid, here) != frames::Hold::Taken::kNot ||
         changing.take_from_ended(tid, here);
}

struct Span {
  uint64_t start, end;
};

layout::Object* entry_of(const CodeRange& range) {
  return range.object == 0 ? nullptr : tables::made<layout::Object>(range.object);
}

bool overlaps(const CodeRange& range, Span span) {
  return range.start.load(std::memory_order_relaxed) < span.end && range.end > span.start;
}

// An object that is gone and whose time is not over yet.
bool was_under(const CodeRange& range, Span span) {
  return range.state.load(std::memory_order_acquire) == kGone && range.object != 0 &&
         overlaps(range, span);
}

layout::Ref enter_in_tables(const ElfImage& image, Span span, uint64_t file_offset) {
  const layout::Ref ref = tables::allocate(sizeof(layout::Object));
  if (ref == 0) return 0;
  layout::Object& object = *tables::made<layout::Object>(ref);
  object.start = span.start;
  object.end = span.end;
  object.file_offset = file_offset;
  object.flags = image.flags;
  object.path = tables::text(image.path);
  object.born = tables::header().generation.load(std::memory_order_relaxed);
  image.copy_build_id(object);
  return tables::push<layout::Object>(tables::header().objects, ref) ? ref : 0;
}

// True if `range`, which is gone, held the same object that now is there again. The symbolizer
// needs no new entry then, so plugins that come and go cost no memory.
bool is_same(const CodeRange& range, Span span, const ElfImage& image) {
  const layout::Object* before = entry_of(range);
  if (before == nullptr || range.start != span.start || range.end != span.end) return false;
  if (before->path == 0 || !is_at_path(range, image.path)) return false;
  layout::Object now{};
  image.copy_build_id(now);
  return now.build_id_size == before->build_id_size &&
         __builtin_memcmp(now.build_id, before->build_id, now.build_id_size) == 0;
}

// From the next generation on the addresses belong to another object. Release: a thread that sees
// that generation sees which objects ended with the one before.
void end_those_under(Span span) {
  std::atomic<uint32_t>& generation = tables::header().generation;
  const uint32_t next = generation.load(std::memory_order_relaxed) + 1;
  bool any = false;
  for (uint32_t i = 0; i < range_count.load(std::memory_order_relaxed); i++) {
    CodeRange& range = ranges[i];
    layout::Object* object = entry_of(range);
    if (object == nullptr || !was_under(range, span)) continue;
    object->died.store(next, std::memory_order_relaxed);
    range.object = 0;
    any = true;
  }
  if (any) generation.store(next, std::memory_order_release);
}

// The slot for a new range: of the same object when it was here before, else a fresh one, else one
// whose object is gone.
CodeRange* choose(Span span, const ElfImage& image) {
  CodeRange* gone = nullptr;
  const uint32_t count = range_count.load(std::memory_order_relaxed);
  for (uint32_t i = 0; i < count; i++) {
    if (ranges[i].state.load(std::memory_order_relaxed) != kGone) continue;
    if (is_same(ranges[i], span, image)) return &ranges[i];
    gone = &ranges[i];
  }
  end_those_under(span);
  if (count < kMaxRanges) {
    range_count.store(count + 1, std::memory_order_release);
    return &ranges[count];
  }
  if (gone != nullptr) gone->object = 0;
  return gone;
}

// The range that another thread entered while this one read the image. Any other range there is
// gone: the loader gives no address to two objects.
const CodeRange* known(Span span, uint64_t map_start) {
  for (uint32_t i = 0; i < range_count.load(std::memory_order_relaxed); i++) {
    CodeRange& range = ranges[i];
    if (range.state.load(std::memory_order_relaxed) != kLive) continue;
    if (!overlaps(range, span)) continue;
    if (range.start == span.start && range.end == span.end && range.map_start == map_start) {
      return &range;
    }
    range.state.store(kGone, std::memory_order_release);
  }
  return nullptr;
}

const CodeRange* add_alone(const ElfImage& image, const ElfW(Phdr) & s, uint64_t map_start,
                           bool is_permanent) {
  const uint64_t exact = image.bias + s.p_vaddr;
  const Span span{exact & ~(kPage - 1), (exact + s.p_memsz + kPage - 1) & ~(kPage - 1)};
  if (const CodeRange* live = known(span, map_start)) return live;
  CodeRange* range = choose(span, image);
  if (range == nullptr) return nullptr;
  const uint64_t table = image.unwind_table();
  const ElfW(Phdr)* data = table == 0 ? nullptr : image.segment_at(table, 12);
  range->start.store(span.start, std::memory_order_relaxed);
  range->end = span.end;
  range->unwind_table = data == nullptr ? 0 : table;
  range->data_low = data == nullptr ? 0 : image.bias + data->p_vaddr;
  range->data_high = data == nullptr ? 0 : range->data_low + data->p_filesz;
  range->map_start = map_start;
  range->is_permanent = is_permanent;
  range->path_hash = tables::hash_bytes(image.path);
  range->is_program = (image.flags & layout::kObjectMain) != 0;
  if (range->object == 0) {
    range->object = enter_in_tables(image, span, s.p_offset & ~(kPage - 1));
  }
  range->state.store(kLive, std::memory_order_release);  // pairs with find's acquire
  return range;
}

}  // namespace

bool is_at_path(const CodeRange& range, std::string_view path) {
  return range.path_hash == tables::hash_bytes(path);
}

void clear() {
  for (uint32_t i = 0; i < range_count.load(std::memory_order_relaxed); i++) {
    ranges[i].state.store(kEmpty, std::memory_order_relaxed);
    ranges[i].object = 0;
  }
  range_count.store(0, std::memory_order_relaxed);
  changing.let_go();
}

void give_up_left(int32_t tid, uint64_t here) {
  changing.give_up_left(tid, here);
}

// A walk that still reads a slot's old fields when the slot is given away mixes two loaded objects'
// tables: every one of its reads stays in one of them, and no entry covers its address.
const CodeRange* add(const ElfImage& image, const ElfW(Phdr) & s, uint64_t map_start,
                     bool is_permanent) {
  // Acquire and release: one at a time, each sees what the last one did.
  if (!take_changing()) return nullptr;
  const CodeRange* range = add_alone(image, s, map_start, is_permanent);
  changing.let_go();
  return range;
}

void end_under(uint64_t pc) {
  bool any = false;
  for (uint32_t i = 0; i < range_count.load(std::memory_order_acquire); i++) {
    any |= was_under(ranges[i], {pc, pc + 1});
  }
  if (!any || !take_changing()) return;
  end_those_under({pc, pc + 1});
  changing.let_go();
}

}  // namespace object_slots
