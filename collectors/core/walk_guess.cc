// Frames that no rule describes: by frame pointer, or by looking for the return address.
//
// What is found so is believed only if it stands behind a call instruction of known code, or goes
// on to such (Walk::vouch).
#include "collectors/core/objects.h"
#include "collectors/core/walk.h"

using arch::kRbp;
using arch::kRip;
using arch::kRsp;

namespace {

// Words above the stack pointer among which an interrupted function's return address is looked for.
constexpr unsigned kWordsToSearch = 32;

}  // namespace

// True if a call ends at this address, in the code of `entry`.
bool Walk::is_behind_call(const UnwindEntry& entry, uint64_t return_address) {
  const auto* end = reinterpret_cast<const uint8_t*>(return_address);
  const uint64_t room = return_address - entry.start;
  if (room >= 5 && end[-5] == 0xe8) return true;
  // call through a register or memory: ff /2, with 0, 1 or 4 bytes of displacement, with or without
  // a SIB byte.
  for (const unsigned size : {2u, 3u, 4u, 6u, 7u}) {
    if (room < size) break;
    if (end[-static_cast<int>(size)] == 0xff && (end[1 - static_cast<int>(size)] & 0x38) == 0x10) {
      return true;
    }
  }
  return false;
}

// The first of the words at the stack pointer that is a return address of code with rules.
bool Walk::take_pushed(unsigned words) {
  KnownRegisters& regs = buffer_.registers;
  const uint64_t sp = regs.get(kRsp);
  for (unsigned i = 0; i < words; i++) {
    uint64_t word;
    if (!memory_.load(sp + i * 8, &word)) return false;
    UnwindEntry entry;
    if (word == 0 || word >= kAddressLimit || !entry_of(word - 1, &entry)) continue;
    if (!is_behind_call(entry, word)) continue;
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
  if (memory_.holds(fp)) return false;  // of this stack, but behind us
  switches_left_--;
  memory_.enter(fp);
  return memory_.load(fp + 8, &word);
}

Walk::Step Walk::take_frame_pointer() {
  KnownRegisters& regs = buffer_.registers;
  const uint64_t fp = regs.get(kRbp);
  const bool in_object = unvouched_ == kAllVouched;
  // Interrupted before it pushed anything, or a leaf that never does.
  if (exact_ && in_object && take_pushed(1)) return Step::kOn;
  uint64_t caller_fp;
  uint64_t return_address;
  if (regs.has(kRbp) && fp == 0 && in_object) return Step::kComplete;
  if (!regs.has(kRbp) || !reach_frame(fp) || !memory_.load(fp, &caller_fp) ||
      !memory_.load(fp + 8, &return_address)) {
    if (exact_ && in_object && take_pushed(kWordsToSearch)) return Step::kOn;
    return Step::kFailed;
  }
  UnwindEntry entry;
  if (return_address != 0 && entry_of(return_address - 1, &entry) &&
      !is_behind_call(entry, return_address)) {
    return Step::kFailed;
  }
  regs.known = 0;
  regs.set(kRbp, caller_fp);
  return move_to(fp + 16, return_address);
}
