#include "encoder/pprof/heap_comments.h"

#include "encoder/pprof/profile_fields.h"
#include "encoder/pprof/samples.h"

namespace encoder {

void HeapCommentWriter::write_all(const HeapTotals& totals, const MemoryFacts* memory) {
  // The allocated objects and bytes, then the live ones: which only heap and allocs have.
  if (mode_.live_from != 2 || mode_.value_count != 4) return;
  write_standard_error(totals);
  write_nothing_in_use(totals);
  if (memory == nullptr) return;
  if (memory->resident != 0) write_memory(*memory, totals.live.bytes);
  if (!memory->allocator.name.empty()) write_allocator(memory->allocator);
}

void HeapCommentWriter::write_standard_error(const HeapTotals& totals) {
  strings_.start().add("# standard error: ");
  if (mode_.period <= 1) {
    strings_.add("0, every allocation is recorded");
    return end();
  }
  const Estimate& allocated = totals.allocated;
  const Estimate& live = totals.live;
  add_error(0, allocated.objects, allocated.objects_variance);
  add_error(1, allocated.bytes, allocated.bytes_variance);
  add_error(2, live.objects, live.objects_variance);
  add_error(3, live.bytes, live.bytes_variance);
  end();
}

// An empty in-use value looks like a fault of the profile.
void HeapCommentWriter::write_nothing_in_use(const HeapTotals& totals) {
  if (totals.live.objects > 0 || !(totals.allocated.objects > 0)) return;
  strings_.start().add(
      "in use: nothing; the program had freed every recorded block before its end");
  strings_.add(" began. Look at alloc_space, or at a profile that is taken earlier");
  end();
}

// As in "inuse_space 4711 bytes (2.3 %)".
void HeapCommentWriter::add_error(unsigned value, double total, double variance) {
  const double error = square_root(variance);
  if (value > 0) strings_.add(", ");
  strings_.add(strings_[mode_.types[value]]).add(" ");
  if (!(total > 0)) {
    strings_.add("not known");  // nothing was sampled, which says little of what there was
    return;
  }
  strings_.add_number(static_cast<uint64_t>(rounded(error)));
  if (strings_[mode_.units[value]] == "bytes") strings_.add(" bytes");
  const auto tenths = static_cast<uint64_t>(rounded(1000 * error / total));
  strings_.add(" (").add_number(tenths / 10).add(".").add_number(tenths % 10).add(" %)");
}

// What is resident, as a sum. Live blocks are counted as they were asked for, touched or not, and
// by an estimate: what that makes too much is taken off at the end.
void HeapCommentWriter::write_memory(const MemoryFacts& memory, double live_bytes) {
  const auto live = static_cast<uint64_t>(rounded(live_bytes));
  const uint64_t held = memory.allocator.held_bytes;
  // Between what was asked for and what the allocator gave for it; and blocks that we never saw.
  const uint64_t used = memory.allocator.used_bytes;
  const uint64_t rounding = used > live ? used - live : 0;
  const uint64_t unused = held > live + rounding ? held - live - rounding : 0;
  strings_.start().add("# memory: resident ");
  add_mib(memory.resident);
  strings_.add(" MiB");
  if (memory.swapped != 0) {
    strings_.add(" (and ");
    add_mib(memory.swapped);
    strings_.add(" swapped out)");
  }
  strings_.add(" = live blocks ");
  add_mib(live);
  if (mode_.period > 1) strings_.add(" (estimated)");
  if (held != 0) {
    add_term(" + rounding up and blocks not seen ", rounding);
    add_term(" + allocator's free memory ", unused);
  }
  add_term(" + mapped files ", memory.files);
  add_term(" + shared memory ", memory.shared);
  add_term(" + thread stacks ", memory.stacks);
  add_term(" + profiler ", memory.profiler);
  const uint64_t sum =
      live + rounding + unused + memory.files + memory.shared + memory.stacks + memory.profiler;
  if (sum > memory.resident) {
    add_term(" - never touched or swapped out ", sum - memory.resident);
  } else {
    add_term(held != 0 ? " + other " : " + allocator's and other ", memory.resident - sum);
  }
  end();
  if (memory.resident > sum) {
    write_not_seen(memory.resident - sum, live + rounding + unused, memory.resident);
  }
}

// An allocator inside the program takes its memory by mmap, past every name that is interposed.
void HeapCommentWriter::write_not_seen(uint64_t bytes, uint64_t seen, uint64_t resident) {
  constexpr uint64_t kMuch = uint64_t{32} << 20;
  if (bytes < kMuch || bytes / 4 < seen) return;
  strings_.start().add(kMemoryNotSeen);
  add_mib(bytes);
  strings_.add(" of ");
  add_mib(resident);
  strings_.add(" MiB resident came from no malloc that the profiler sees: the program maps it");
  strings_.add(" itself, or has an allocator inside (as Rust programs with jemalloc)");
  end();
}

void HeapCommentWriter::write_allocator(const AllocatorFacts& allocator) {
  if (allocator.trouble != nullptr) {
    strings_.start().add(allocator.trouble);
    end();
  }
  if (allocator.circumstance != nullptr) {
    strings_.start().add("# ").add(allocator.circumstance);
    end();
  }
  strings_.start().add("# allocator: ").add(allocator.name);
  for (unsigned i = 0; i < allocator.count && i < AllocatorFacts::kMost; i++) {
    strings_.add(i == 0 ? ": " : ", ");
    add_mib(allocator.figures[i].bytes);
    strings_.add(i == 0 ? " MiB " : " ").add(allocator.figures[i].what);
  }
  if (allocator.remark != nullptr) strings_.add(" (").add(allocator.remark).add(")");
  end();
}

void HeapCommentWriter::add_term(const char* what, uint64_t bytes) {
  strings_.add(what);
  add_mib(bytes);
}

void HeapCommentWriter::add_mib(uint64_t bytes) {
  constexpr uint64_t kMib = 1 << 20;
  uint64_t tenths = bytes % kMib * 10 + kMib / 2;
  tenths = bytes / kMib * 10 + tenths / kMib;
  strings_.add_number(tenths / 10).add(".").add_number(tenths % 10);
}

void HeapCommentWriter::end() {
  out_.varint(profile_fields::profile::kComment, strings_.finish_as_line());
}

}  // namespace encoder
