// The stretch of frames whose compact rows are in the cache, which is nearly all of nearly all
// walks: the three registers stay in the processor's, and what has not changed since the last walk
// is not climbed again.
#include "collectors/unwind/objects.h"
#include "collectors/unwind/walk.h"

using arch::kRbp;
using arch::kRip;
using arch::kRsp;

namespace {

template <typename Place>
ALWAYS_INLINE uint64_t tagged(const Place& at) {
  return at.pc | (at.fp_known ? LastWalk::kFpKnown : 0);
}

}  // namespace

// False where too many frames of ours were met.
ALWAYS_INLINE bool Walk::keep(Place& at, uint64_t pc) {
  buffer_.trace.pc[at.depth] = pc;
  if (UNLIKELY(objects::is_own(pc))) {
    if (at.own_left == 0) return false;
    at.own_left--;
    return true;
  }
  at.depth++;
  return true;
}

// One frame up by its row; false, with nothing changed, where that needs more than a row.
ALWAYS_INLINE bool Walk::step(Place& at) {
  const Row row = cache_.find(at.pc);
  uint64_t cfa = at.sp + row.cfa_words * 8;
  if (row.kind != RowKind::kFromSp) {
    if (row.kind != RowKind::kFromFp || !at.fp_known || (at.fp & 7) != 0) return false;
    cfa = at.fp + row.cfa_words * 8;
  }
  // Above sp, which is aligned and not below the stack: so is the word below it.
  if (cfa - at.sp - 1 >= StackMemory::kMaxFrame || !memory_.reaches(cfa - 8)) return false;
  const uint64_t return_address = memory_.word(cfa - 8);
  uint64_t caller_fp = at.fp;
  uint64_t fp_slot = 0;
  if (row.fp_words != 0) {
    fp_slot = cfa - row.fp_words * 8;
    if (!memory_.load(fp_slot, &caller_fp)) return false;
  }
  if (return_address - 1 >= kAddressLimit - 1 || !keep(at, at.pc)) return false;
  if (at.out < new_end_) *at.out++ = {tagged(at), at.sp, at.fp, fp_slot};
  at.fp_known |= fp_slot != 0;
  at.fp = caller_fp;
  at.sp = cfa;
  at.pc = return_address - 1;
  return true;
}

// Goes up with the last walk as long as it stood where this one stands and its words are unchanged.
ALWAYS_INLINE void Walk::follow(Place& at) {
  const LastWalk::Frame* old = at.old;
  for (; at.depth < depth_ && at.out < new_end_; old++) {
    const LastWalk::Frame& up = old[1];
    const uint64_t up_pc = up.pc & ~LastWalk::kFpKnown;
    // Behind a stretch's last frame stands a gap, whose sp is in no stack.
    if (!memory_.holds(up.sp - 8) || memory_.word(up.sp - 8) != up_pc + 1) break;
    if (old->fp_slot != 0 &&
        (!memory_.holds(old->fp_slot) || memory_.word(old->fp_slot) != up.fp)) {
      break;
    }
    if (!keep(at, old->pc & ~LastWalk::kFpKnown)) break;
    *at.out++ = *old;
  }
  at.pc = old->pc & ~LastWalk::kFpKnown;
  at.sp = old->sp;
  at.fp = old->fp;
  at.fp_known = (old->pc & LastWalk::kFpKnown) != 0;
  at.old = old;
}

void Walk::climb() {
  KnownRegisters& regs = buffer_.registers;
  // So no sum with a frame's size wraps round.
  if ((regs.get(kRsp) & 7) != 0 || regs.get(kRsp) >= kAddressLimit) return;
  if (!memory_.covers(regs.get(kRsp))) return;
  Place at{pc(), regs.get(kRsp),      regs.get(kRbp), old_,
           new_, buffer_.trace.depth, own_left_,      regs.has(kRbp)};
  const uint64_t start = at.sp;
  while (at.depth < depth_) {
    while (at.old->sp < at.sp) at.old++;
    if (at.old->sp == at.sp && at.old->fp == at.fp && at.old->pc == tagged(at)) {
      follow(at);
      if (at.depth >= depth_) break;
    }
    if (!step(at)) break;
  }
  old_ = at.old;
  if (at.sp == start) return;
  uncorroborated_ = kAllCorroborated;  // rows are of objects' code
  by_rules_ = true;
  // Where the stretch ended, so that the next walk can follow it to here; and no further.
  if (at.out < new_end_) *at.out++ = {tagged(at), at.sp, at.fp, 0};
  if (at.out <= new_end_) *at.out++ = LastWalk::kGap;
  new_ = at.out;
  own_left_ = at.own_left;
  buffer_.trace.depth = at.depth;
  regs.known = 0;
  regs.set(kRsp, at.sp);
  regs.set(kRip, at.pc + 1);
  if (at.fp_known) regs.set(kRbp, at.fp);
  exact_ = false;
}
