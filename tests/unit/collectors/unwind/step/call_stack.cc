#include "tests/unit/collectors/unwind/step/call_stack.h"

#include <cstring>

namespace step {

namespace {

uint64_t word_at(uint64_t address) {
  uint64_t word;
  memcpy(&word, reinterpret_cast<const void*>(address), sizeof word);
  return word;
}

}  // namespace

bool CallStack::is_gone(Entry& entry, uint64_t sp, Instruction by) {
  if (entry.slot >= sp) {
    entry.is_in_register = false;
    return false;
  }
  if (entry.is_interrupted || sp != entry.slot + 8) return true;
  if (by == Instruction::kPop) entry.is_in_register = true;
  return !entry.is_in_register || by == Instruction::kJump;
}

// After a step to `at`: what the stack pointer has passed is gone.
void CallStack::arrive(Position at, Instruction by) {
  const unsigned stack = stacks_.holding(at.sp);
  std::vector<Entry>& entries = entries_[stack];
  // A fiber's first frame returns to what makecontext has put there.
  if (!seen_[stack]) entries.push_back({at.sp, word_at(at.sp) - 1, stack, false, false});
  seen_[stack] = true;
  while (!entries.empty() && is_gone(entries.back(), at.sp, by)) {
    if (entries.back().is_interrupted) handlers_--;
    entries.pop_back();
  }
}

void CallStack::stepped(Position before, Position after, Instruction instruction) {
  const unsigned stack = stacks_.holding(before.sp);
  const unsigned now = stacks_.holding(after.sp);
  // A handler's stack is left for good: by its return or by a jump.
  if (stack == Stacks::kAlternate && now != stack) {
    for (const Entry& e : entries_[stack]) handlers_ -= e.is_interrupted;
    entries_[stack].clear();
  }
  arrive(after, instruction);
  if (instruction == Instruction::kCall && stack == now && after.sp == before.sp - 8) {
    entries_[now].push_back({after.sp, word_at(after.sp) - 1, now, false, false});
  }
}

void CallStack::interrupted(Position before, Position after) {
  const unsigned stack = stacks_.holding(after.sp);
  std::vector<Entry>& entries = entries_[stack];
  // The frame of the kernel: the trampoline's address, then what was interrupted, from 8 bytes on.
  entries.push_back({after.sp + 8, before.pc, stacks_.holding(before.sp), true, false});
  entries.push_back({after.sp, word_at(after.sp) - 1, stack, false, false});
  handlers_++;
}

std::vector<uint64_t> CallStack::expected(Position now) const {
  std::vector<uint64_t> pcs{now.pc};
  std::vector<size_t> left;
  for (const std::vector<Entry>& entries : entries_) left.push_back(entries.size());
  unsigned stack = stacks_.holding(now.sp);
  while (stack < Stacks::kCount && left[stack] > 0) {
    const Entry& entry = entries_[stack][--left[stack]];
    pcs.push_back(entry.pc);
    stack = entry.goes_on;
  }
  return pcs;
}

Instruction instruction_at(uint64_t pc) {
  const auto* at = reinterpret_cast<const uint8_t*>(pc);
  while (strchr("\x66\x67\xf2\xf3\x2e\x36\x3e\x26\x64\x65", *at) != nullptr || *at >> 4 == 4) at++;
  const int extension = *at == 0xff ? at[1] >> 3 & 7 : -1;
  if (*at == 0xe8 || extension == 2) return Instruction::kCall;
  if (*at >> 3 == 0x58 >> 3) return Instruction::kPop;
  return extension == 4 ? Instruction::kJump : Instruction::kOther;
}

}  // namespace step
