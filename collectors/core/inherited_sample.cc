#include "collectors/core/inherited_sample.h"

#include "collectors/core/objects.h"
#include "collectors/core/sample_table.h"
#include "collectors/core/stack_table.h"
#include "collectors/core/stack_trace.h"
#include "env/safe/tables.h"

namespace inherited_sample {

namespace {

// Entries never move and never change their keys, also while the parent goes on.
template <typename T>
const T& entry_at(const char* parent, layout::Ref ref) {
  return *reinterpret_cast<const T*>(parent + ref * layout::kRefUnit);
}

layout::Ref bring_stack(const char* parent, layout::Ref ref) {
  BorrowedBuffer buffer;
  if (!buffer) return 0;
  const auto& from = entry_at<layout::Stack>(parent, ref);
  StackTrace& trace = (*buffer).trace;
  trace.depth = from.depth;
  trace.flags = from.flags;
  __builtin_memcpy(trace.pc, from.pc, trace.depth * sizeof trace.pc[0]);
  // Enters the objects in the tables, so that the addresses get their names.
  for (uint32_t i = 0; i < trace.depth; i++) objects::find(trace.pc[i]);
  return stack_table::intern(trace);
}

}  // namespace

layout::Ref bring_over(const char* parent, layout::Ref ref, uint32_t mode) {
  const auto& sample = entry_at<layout::Sample>(parent, ref);
  SampleKey key{mode, bring_stack(parent, sample.stack), 0, 0};
  if (const auto detail = static_cast<layout::Ref>(sample.detail)) {
    const auto& text = entry_at<layout::Text>(parent, detail);
    key.detail = tables::text({text.bytes, text.length});
  }
  return sample_table::row(key);
}

}  // namespace inherited_sample
