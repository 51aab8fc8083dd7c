#include "tests/unit/collectors/step/call_stack.h"

#include <cstring>

namespace step {

namespace {

uint64_t word_at(uint64_t address) {
  uint64_t word;
  memcpy(&word, reinterpret_cast<const void*>(address), sizeof word);
  return word;
}

}  // namespace

// After a step to `at`: what the stack pointer has passed is gone.
void CallStack::arrive(Position at) {
  const unsigned stack = stacks_.holding(at.sp);
  std::vector<Entry>& entries = entries_[stack];
  // A fiber's first frame returns to what makecontext has put there.
  if (!seen_[stack]) entries.push_back({at.sp, word_at(at.sp) - 1, stack, false});
  seen_[stack] = true;
  while (!entries.empty() && entries.back().slot < at.sp) {
    if (entries.back().is_interrupted) handlers_--;
    entries.pop_back();
  }
}

void CallStack::stepped(Position before, Position after, bool was_call, bool was_signal_return) {
  const unsigned stack = stacks_.holding(before.sp);
  const unsigned now = stacks_.holding(after.sp);
  // A handler's stack is left for good: by its return or by a jump.
  if (stack == Stacks::kAlternate && now != stack) {
    for (const Entry& e : entries_[stack]) handlers_ -= e.is_interrupted;
    entries_[stack].clear();
  }
  arrive(after);
  if (was_signal_return) return;
  if (was_call && stack == now && after.sp == before.sp - 8) {
    entries_[now].push_back({after.sp, word_at(after.sp) - 1, now, false});
  }
}

void CallStack::interrupted(Position before, Position after) {
  const unsigned stack = stacks_.holding(after.sp);
  std::vector<Entry>& entries = entries_[stack];
  // The frame of the kernel: the trampoline's address, then what was interrupted, from 8 bytes on.
  entries.push_back({after.sp + 8, before.pc, stacks_.holding(before.sp), true});
  entries.push_back({after.sp, word_at(after.sp) - 1, stack, false});
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

bool is_call(uint64_t pc) {
  const auto* at = reinterpret_cast<const uint8_t*>(pc);
  while (strchr("\x66\x67\xf2\xf3\x2e\x36\x3e\x26\x64\x65", *at) != nullptr || *at >> 4 == 4) at++;
  return *at == 0xe8 || (*at == 0xff && (at[1] >> 3 & 7) == 2);
}

}  // namespace step
