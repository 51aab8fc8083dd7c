// Frames that no rule describes: by frame pointer, or by looking for the return address.
//
// What is found so is believed only if it stands behind a call instruction of known code, or goes
// on to such (Walk::vouch).
#include <utility>

#include "collectors/unwind/executable_memory.h"
#include "collectors/unwind/objects.h"
#include "collectors/unwind/walk.h"

using arch::kRbp;
using arch::kRip;
using arch::kRsp;

namespace {

// Words above the stack pointer among which an interrupted function's return address is looked for.
constexpr unsigned kWordsToSearch = 32;
// Code farther behind the target of a call is not the function that was called.
constexpr uint64_t kFunctionAtMost = 65536;
constexpr unsigned kLongestCall = 7;
// The largest frame in whose words a frame pointer is looked for.
constexpr uint64_t kBytesToSearch = 16384;

bool can_read(uint64_t start, uint64_t end) {
  return StackMemory::is_readable(start) &&
         ((start ^ (end - 1)) < 4096 || StackMemory::is_readable(end - 1));
}

}  // namespace

// The entry of a word that may be an old return address: only of code that cannot be unloaded
// meanwhile, or the code `here` that is running.
bool Walk::entry_of_guess(const CodeRange* here, uint64_t pc, UnwindEntry* entry) {
  const CodeRange* range = objects::find_permanent(pc, here);
  return range != nullptr && entry_in(*range, pc, entry);
}

// True if a call ends at this address, in the code of `entry`; of a direct one `target`, else 0.
// The code may be executable only.
bool Walk::is_behind_call(const UnwindEntry& entry, uint64_t return_address, uint64_t* target) {
  const auto* end = reinterpret_cast<const uint8_t*>(return_address);
  const uint64_t room = return_address - entry.start;
  *target = 0;
  if (room < 2) return false;
  if (!can_read(return_address - (room < kLongestCall ? room : kLongestCall), return_address)) {
    return false;
  }
  if (room >= 5 && end[-5] == 0xe8) {
    int32_t distance;
    __builtin_memcpy(&distance, end - 4, 4);
    *target = return_address + static_cast<uint64_t>(int64_t{distance});
    return true;
  }
  // call through a register or memory: ff /2, with 0, 1 or 4 bytes of displacement, with or without
  // a SIB byte.
  for (const int size : {2, 3, 4, 6, 7}) {
    if (room < static_cast<unsigned>(size)) break;
    if (end[-size] == 0xff && (end[1 - size] & 0x38) == 0x10) return true;
  }
  return false;
}

// True if the function without rules that runs in `here` may begin at `target`. A stub of the
// linkage table has rules.
bool Walk::may_begin_at(const CodeRange* here, uint64_t target) const {
  UnwindEntry entry;
  return buffer_.registers.get(kRip) - target < kFunctionAtMost &&
         (here == nullptr || !entry_in(*here, target, &entry));
}

// The first of the words at the stack pointer that is a return address of code with rules. If
// `surely`, it must be that of a call to where this pc is: what lies at the stack pointer in the
// middle of a function may be left from an earlier call.
bool Walk::take_pushed(const CodeRange* here, unsigned words, bool surely) {
  KnownRegisters& regs = buffer_.registers;
  const uint64_t sp = regs.get(kRsp);
  for (unsigned i = 0; i < words; i++) {
    uint64_t word;
    if (!memory_.load(sp + i * 8, &word)) return false;
    UnwindEntry entry;
    uint64_t target;
    if (word == 0 || word >= kAddressLimit || !entry_of_guess(here, word - 1, &entry)) continue;
    if (!is_behind_call(entry, word, &target)) continue;
    if (surely && !may_begin_at(here, target)) continue;
    regs.known &= uint32_t{1} << kRbp;
    move_to(sp + (i + 1) * 8, word);
    return true;
  }
  return false;
}

// Lets the walk read the frame at `fp`, which may be on another stack than this (a goroutine's that
// has called C); false if it is below this one or nowhere.
bool Walk::reach_frame(uint64_t fp) {
  const uint64_t sp = buffer_.registers.get(kRsp);
  uint64_t word;
  if (fp >= sp && memory_.is_above(fp + 16, sp) && memory_.load(fp + 8, &word)) return true;
  if ((fp & 7) != 0 || fp >= kAddressLimit || switches_left_ == 0) return false;
  // In this stack, but behind us.
  if (memory_.holds(fp) || (fp < sp && memory_.is_of_thread(fp) && memory_.is_of_thread(sp))) {
    return false;
  }
  switches_left_--;
  memory_.enter_unproven(fp);
  return memory_.load(fp + 8, &word);
}

// The frame pointer of a thread that is inspected from outside is unknown, and functions without
// optimisation need it. It is where a return address into a call of this function stands, or one
// with a frame pointer below it that leads on.
bool Walk::find_frame_pointer(const Row& row) {
  if (!memory_.is_copy()) return false;
  KnownRegisters& regs = buffer_.registers;
  const CodeRange* here = objects::find(pc());
  UnwindEntry function;
  if (here == nullptr || !entry_in(*here, pc(), &function)) return false;
  // Functions of ours are jumped to from the exported ones; a Caller of theirs may lie below, which
  // tells the place.
  const bool is_own = objects::is_own(pc());
  uint64_t likely = 0;
  const uint64_t first = regs.get(kRsp) + 8;
  for (uint64_t slot = first; slot < first + kBytesToSearch && memory_.holds(slot); slot += 8) {
    const uint64_t word = memory_.word(slot);
    UnwindEntry caller;
    uint64_t target;
    if (word == 0 || word >= kAddressLimit || !entry_of_guess(here, word - 1, &caller) ||
        !is_behind_call(caller, word, &target)) {
      continue;
    }
    uint64_t fp = slot + 8 - row.cfa_words * 8;
    if (is_own && memory_.holds(slot + 8)) {
      const uint64_t sp = memory_.word(slot + 8);
      const bool is_caller = sp > slot + 8 && memory_.holds(sp - 8) && memory_.word(sp - 8) == word;
      if (is_caller) fp = sp - row.cfa_words * 8;
    }
    if (target == function.start || is_own) {
      regs.set(kRbp, fp);
      return true;
    }
    const uint64_t above = memory_.word(slot - 8);
    if (likely == 0 && target == 0 && above > slot && memory_.holds(above)) likely = fp;
  }
  if (likely != 0) regs.set(kRbp, likely);
  return likely != 0;
}

// True where a return address may point to: an object's code, or memory that the program made
// executable.
bool Walk::leads_to_code(uint64_t return_address) {
  const uint64_t pc = return_address - 1;
  return executable_memory::holds(pc) || cache_.find(pc).kind != RowKind::kAbsent ||
         objects::find(pc) != nullptr;
}

// True for a return address that no call left, but a program by hand: the first frame of a context
// that boost's make_fcontext has made. Only where rules led there.
bool Walk::was_never_called(const CodeRange* here) {
  uint64_t target;
  const uint64_t rip = buffer_.registers.get(kRip);
  return !exact_ && here != nullptr &&
         !is_behind_call({here->start.load(std::memory_order_relaxed)}, rip, &target);
}

Walk::Step Walk::take_frame_pointer() {
  KnownRegisters& regs = buffer_.registers;
  const uint64_t fp = regs.get(kRbp);
  const bool in_object = uncorroborated_ == kAllCorroborated;
  const bool by_rules = std::exchange(by_rules_, false);
  const CodeRange* here = in_object ? objects::find(pc()) : nullptr;
  // Interrupted before it pushed anything, or a leaf that never does.
  if (exact_ && in_object && take_pushed(here, 1, true)) return Step::kOn;
  if (regs.has(kRbp) && fp == 0 && in_object) return Step::kComplete;
  uint64_t caller_fp;
  uint64_t return_address;
  const StackMemory before = memory_;
  const unsigned switches_before = switches_left_;
  if (!regs.has(kRbp) || !reach_frame(fp) || !memory_.load(fp, &caller_fp) ||
      !memory_.load(fp + 8, &return_address) ||
      // Any number may point to memory: another stack must lead to code of an object.
      (switches_left_ != switches_before && objects::find(return_address - 1) == nullptr) ||
      // Functions of objects without rules need not keep a frame pointer (SIMD kernels).
      (in_object && return_address != 0 && !leads_to_code(return_address))) {
    memory_ = before;
    if (!in_object) return Step::kFailed;
    if (by_rules && was_never_called(here)) return Step::kComplete;
    // Words that earlier calls left stand before the one that is looked for: a call to this very
    // function first.
    return take_pushed(here, kWordsToSearch, true) || take_pushed(here, kWordsToSearch, false)
               ? Step::kOn
               : Step::kFailed;
  }
  UnwindEntry entry;
  uint64_t target;
  if (return_address != 0 && entry_of_guess(here, return_address - 1, &entry) &&
      !is_behind_call(entry, return_address, &target)) {
    return Step::kFailed;
  }
  regs.known = 0;
  regs.set(kRbp, caller_fp);
  return move_to(fp + 16, return_address);
}
