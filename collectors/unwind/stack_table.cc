#include "collectors/unwind/stack_table.h"

#include "tables/chains.h"

namespace stack_table {

namespace {

bool are_same(const uint64_t* a, const uint64_t* b, size_t count) {
  size_t i = 0;
  for (; i + 4 <= count; i += 4) {
    const uint64_t differing =
        (a[i] ^ b[i]) | (a[i + 1] ^ b[i + 1]) | (a[i + 2] ^ b[i + 2]) | (a[i + 3] ^ b[i + 3]);
    if (differing != 0) return false;
  }
  for (; i < count; i++) {
    if (a[i] != b[i]) return false;
  }
  return true;
}

}  // namespace

layout::Ref intern(const StackTrace& trace) {
  if (!tables::is_open()) return 0;
  layout::Header& header = tables::header();
  // The generation is part of the key: the same addresses are another stack once other code is
  // there. Relaxed: a walk that races with the change is attributed to either side.
  const uint32_t generation = header.generation.load(std::memory_order_relaxed);
  const size_t bytes = trace.depth * sizeof(uint64_t);
  const uint32_t hash =
      tables::hash_words(trace.pc, trace.depth, uint64_t{generation} << 16 | trace.flags);
  return tables::intern<layout::Stack>(
      header.stacks, hash, tables::bounds.buckets, offsetof(layout::Stack, pc) + bytes,
      [&](const layout::Stack& s) {
        return s.depth == trace.depth && s.flags == trace.flags && s.generation == generation &&
               are_same(s.pc, trace.pc, trace.depth);
      },
      [&](layout::Stack& s) {
        s.depth = static_cast<uint16_t>(trace.depth);
        s.flags = trace.flags;
        s.generation = generation;
        __builtin_memcpy(s.pc, trace.pc, bytes);
      });
}

}  // namespace stack_table
