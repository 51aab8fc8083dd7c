#include "collectors/counts/inherited_sample.h"

#include "collectors/counts/sample_table.h"
#include "collectors/unwind/objects.h"
#include "collectors/unwind/stack_table.h"
#include "collectors/unwind/stack_trace.h"
#include "tables/tables.h"

namespace inherited_sample {

namespace {

// Entries never move and never change their keys, also while the parent goes on; but the parent may
// have become another user's. Null where `bytes` behind the reference are not all there.
template <typename T>
const T* entry_at(const Parents& parents, layout::Ref ref, uint64_t bytes = sizeof(T)) {
  const uint64_t offset = ref * layout::kRefUnit;
  const bool is_there = offset >= sizeof(layout::Header) && offset + bytes <= parents.touchable;
  return is_there ? reinterpret_cast<const T*>(parents.base + offset) : nullptr;
}

layout::Ref bring_stack(const Parents& parents, layout::Ref ref) {
  BorrowedBuffer buffer;
  constexpr uint64_t kHead = offsetof(layout::Stack, pc);
  const auto* from = entry_at<layout::Stack>(parents, ref, kHead);
  if (!buffer || from == nullptr) return 0;
  StackTrace& trace = (*buffer).trace;
  trace.depth = __atomic_load_n(&from->depth, __ATOMIC_RELAXED);
  trace.flags = from->flags;
  const uint64_t bytes = trace.depth * sizeof trace.pc[0];
  if (trace.depth > layout::kMaxDepth ||
      entry_at<layout::Stack>(parents, ref, kHead + bytes) == nullptr) {
    return 0;
  }
  __builtin_memcpy(trace.pc, from->pc, bytes);
  // Enters the objects in the tables, so that the addresses get their names.
  for (uint32_t i = 0; i < trace.depth; i++) objects::find(trace.pc[i]);
  return stack_table::intern(trace);
}

layout::Ref bring_text(const Parents& parents, layout::Ref ref) {
  constexpr uint64_t kHead = offsetof(layout::Text, bytes);
  const auto* text = entry_at<layout::Text>(parents, ref, kHead);
  if (text == nullptr) return 0;
  const uint32_t length = __atomic_load_n(&text->length, __ATOMIC_RELAXED);
  const bool is_whole = entry_at<layout::Text>(parents, ref, kHead + length) != nullptr;
  return is_whole ? tables::text({text->bytes, length}) : 0;
}

}  // namespace

layout::Ref bring_over(const Parents& parents, layout::Ref ref, uint32_t mode) {
  const auto* sample = entry_at<layout::Sample>(parents, ref);
  if (sample == nullptr) return 0;
  const SampleKey key{mode, bring_stack(parents, sample->stack), 0,
                      bring_text(parents, static_cast<layout::Ref>(sample->detail))};
  return sample_table::row(key);
}

}  // namespace inherited_sample
