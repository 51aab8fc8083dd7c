// The stretch of frames whose compact rows are in the cache, which is nearly all of nearly all
// walks: the three registers stay in the processor's, and what has not changed since the last walk
// is not climbed again.
#include "collectors/core/objects.h"
#include "collectors/core/walk.h"

using arch::kRbp;
using arch::kRip;
using arch::kRsp;

namespace {

ALWAYS_INLINE void keep(StackTrace& trace, unsigned& depth, uint64_t pc) {
  trace.pc[depth] = pc;
  depth += objects::is_own(pc) ? 0 : 1;
}

template <typename Place>
ALWAYS_INLINE uint64_t tagged(const Place& at) {
  return at.pc | (at.fp_known ? LastWalk::kFpKnown : 0);
}

}  // namespace

// One frame up by its row; false, with nothing changed, where that needs more than a row.
ALWAYS_INLINE bool Walk::step(Place& at) {
  const Row row = cache_.find(at.pc);
  if (row.kind != RowKind::kFromSp && (row.kind != RowKind::kFromFp || !at.fp_known)) return false;
  const uint64_t cfa = (row.kind == RowKind::kFromSp ? at.sp : at.fp) + row.cfa_words * 8;
  uint64_t return_address;
  if (!memory_.is_above(cfa, at.sp) || !memory_.load(cfa - 8, &return_address)) return false;
  uint64_t caller_fp = at.fp;
  const uint64_t fp_slot = row.fp_words == 0 ? 0 : cfa - row.fp_words * 8;
  if (fp_slot != 0 && !memory_.load(fp_slot, &caller_fp)) return false;
  if (return_address == 0 || return_address >= kAddressLimit) return false;
  keep(buffer_.trace, at.depth, at.pc);
  if (new_ < new_end_) *new_++ = {tagged(at), at.sp, at.fp, fp_slot};
  at.fp_known |= fp_slot != 0;
  at.fp = caller_fp;
  at.sp = cfa;
  at.pc = return_address - 1;
  at.frames++;
  return true;
}

// Goes up with the last walk as long as it stood where this one stands and its words are unchanged.
ALWAYS_INLINE void Walk::follow(Place& at) {
  const LastWalk::Frame* old = old_;
  LastWalk::Frame* out = new_;
  StackTrace& trace = buffer_.trace;
  for (; has_room(at) && out < new_end_; old++, out++, at.frames++) {
    const LastWalk::Frame& up = old[1];
    const uint64_t up_pc = up.pc & ~LastWalk::kFpKnown;
    // Behind a stretch's last frame stands a gap, whose sp is in no stack.
    if (!memory_.holds(up.sp - 8) || memory_.word(up.sp - 8) != up_pc + 1) break;
    if (old->fp_slot != 0 &&
        (!memory_.holds(old->fp_slot) || memory_.word(old->fp_slot) != up.fp)) {
      break;
    }
    *out = *old;
    keep(trace, at.depth, old->pc & ~LastWalk::kFpKnown);
  }
  at.pc = old->pc & ~LastWalk::kFpKnown;
  at.sp = old->sp;
  at.fp = old->fp;
  at.fp_known = (old->pc & LastWalk::kFpKnown) != 0;
  old_ = old;
  new_ = out;
}

void Walk::climb() {
  KnownRegisters& regs = buffer_.registers;
  Place at{exact_ ? regs.get(kRip) : regs.get(kRip) - 1,
           regs.get(kRsp),
           regs.get(kRbp),
           buffer_.trace.depth,
           frames_,
           regs.has(kRbp)};
  while (has_room(at)) {
    while (old_->sp < at.sp) old_++;
    if (old_->sp == at.sp && old_->fp == at.fp && old_->pc == tagged(at)) {
      follow(at);
      if (!has_room(at)) break;
    }
    if (!step(at)) break;
  }
  if (at.frames == frames_) return;
  // Where the stretch ended, so that the next walk can follow it to here; and no further.
  if (new_ < new_end_) *new_++ = {tagged(at), at.sp, at.fp, 0};
  if (new_ <= new_end_) *new_++ = LastWalk::kGap;
  frames_ = at.frames;
  buffer_.trace.depth = at.depth;
  regs.known = 0;
  regs.set(kRsp, at.sp);
  regs.set(kRip, at.pc + 1);
  if (at.fp_known) regs.set(kRbp, at.fp);
  exact_ = false;
}
