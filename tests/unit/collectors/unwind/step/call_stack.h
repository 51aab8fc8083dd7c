// The truth about a stepped thread's calls, kept from what its instructions did and from nothing
// that the compiler or the linker says: a call pushes, and whatever lies below the stack pointer is
// gone.
#pragma once

#include <cstdint>
#include <vector>

#include "tests/unit/collectors/unwind/step/targets.h"

namespace step {

struct Position {
  uint64_t pc, sp;
};

// How an instruction treats return addresses.
enum class Instruction { kOther, kCall, kPop, kJump };
Instruction instruction_at(uint64_t pc);

class CallStack {
 public:
  explicit CallStack(const Stacks& stacks) : stacks_(stacks) {}

  // The instruction at `before` was executed and led to `after`; both on known stacks.
  void stepped(Position before, Position after, Instruction instruction);
  // The kernel interrupted the thread at `before` and began a handler at `after`.
  void interrupted(Position before, Position after);

  bool is_handling() const { return handlers_ > 0; }
  // As a walk should give it from `now`: return addresses minus one, interrupted ones as they are.
  std::vector<uint64_t> expected(Position now) const;

 private:
  struct Entry {
    uint64_t slot;  // gone once the stack pointer is above
    uint64_t pc;
    unsigned goes_on;  // the stack of the next outer entry
    bool is_interrupted;
    // vfork keeps its return address in a register for a while, and pushes it again.
    bool is_in_register;
  };
  void arrive(Position at, Instruction by);
  static bool is_gone(Entry& entry, uint64_t sp, Instruction by);

  const Stacks& stacks_;
  std::vector<Entry> entries_[Stacks::kCount];
  bool seen_[Stacks::kCount] = {true, true, false, false};
  unsigned handlers_ = 0;
};

}  // namespace step
