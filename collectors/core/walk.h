// One walk up a stack, frame by frame (the inside of stack_trace.h).
#pragma once

#include "collectors/core/row_cache.h"
#include "collectors/core/stack_trace.h"

enum class WalkEnd {
  kComplete,       // the thread's first frame
  kTruncated,      // deeper than asked for
  kUnknownCode,    // an address outside all known objects
  kFailed,         // no rule, or one that leads nowhere
  kNeedsRegister,  // the compact rows did not keep a register that a rule asks for
};

class Walk {
 public:
  // Starts at buffer.registers. `exact`: its pc was interrupted, it is not a return address.
  // `compact`: use rows and their cache; else the full rules of every frame, which keep all
  // registers.
  Walk(WalkBuffer& buffer, RowCache& cache, unsigned depth, bool exact, bool compact) SIGNAL_SAFE
      : buffer_(buffer),
        cache_(cache),
        memory_(buffer.registers.get(arch::kRsp)),
        depth_(depth),
        exact_(exact),
        compact_(compact) {}

  WalkEnd run() SIGNAL_SAFE;

 private:
  enum class Step { kOn, kComplete, kUnknownCode, kFailed, kNeedsRegister };

  void climb();
  Row row_at(uint64_t pc, bool* known);
  bool entry_of(uint64_t pc, UnwindEntry* entry);
  bool full_rules_at(uint64_t pc);
  bool is_never_called(uint64_t pc);
  Step take(const Row& row);
  Step take_compact(const Row& row);
  Step take_frame_pointer();
  Step take_full();
  bool restore(unsigned reg, const Rule& rule, uint64_t cfa, Step* trouble);
  Step move_to(uint64_t cfa, uint64_t return_address);

  WalkBuffer& buffer_;
  RowCache& cache_;
  StackMemory memory_;
  unsigned depth_;
  unsigned frames_ = 0;
  bool exact_;
  bool compact_;
};
