#include "collectors/unwind/walk.h"

#include "collectors/unwind/objects.h"

using arch::kRbp;
using arch::kRip;
using arch::kRsp;

WalkEnd Walk::go() {
  StackTrace& trace = buffer_.trace;
  trace.depth = 0;
  for (;;) {
    if (compact_) climb();
    const uint64_t here = pc();
    bool known;
    const Row row = row_at(here, &known);
    if (objects::is_own(here)) {
      if (own_left_ == 0) return WalkEnd::kFailed;
      own_left_--;
    } else {
      if (trace.depth == depth_ || is_long_uncorroborated()) {
        return uncorroborated_ >= trace.depth ? WalkEnd::kTruncated : cut_uncorroborated();
      }
      trace.pc[trace.depth++] = here;
    }
    corroborate(known);
    const Step step = known ? take(row) : take_made_code();
    if (step == Step::kOn) continue;
    const bool stands =
        uncorroborated_ == kAllCorroborated || (step == Step::kComplete && by_rules_);
    return stands ? end_of(step) : cut_uncorroborated();
  }
}

WalkEnd Walk::end_of(Step step) {
  switch (step) {
    case Step::kComplete:
      return WalkEnd::kComplete;
    case Step::kNeedsRegister:
      return WalkEnd::kNeedsRegister;
    default:
      return WalkEnd::kFailed;
  }
}

Walk::Step Walk::take(const Row& row) {
  switch (row.kind) {
    case RowKind::kFromSp:
    case RowKind::kFromFp:
      by_rules_ = true;
      return take_compact(row);
    case RowKind::kFramePointer:
      return take_frame_pointer();
    case RowKind::kOutermost:
      return Step::kComplete;
    default:
      by_rules_ = true;
      return take_full();
  }
}

Walk::Step Walk::take_compact(const Row& row) {
  KnownRegisters& regs = buffer_.registers;
  if (row.kind == RowKind::kFromFp && !regs.has(kRbp) && !find_frame_pointer(row)) {
    return Step::kNeedsRegister;
  }
  const uint64_t base = regs.get(row.kind == RowKind::kFromSp ? kRsp : kRbp);
  const uint64_t cfa = base + row.cfa_words * 8;
  uint64_t return_address;
  if (!memory_.is_above(cfa, regs.get(kRsp)) || !memory_.load(cfa - 8, &return_address)) {
    return Step::kFailed;
  }
  uint64_t fp = regs.get(kRbp);
  if (row.fp_words != 0 && !memory_.load(cfa - row.fp_words * 8, &fp)) return Step::kFailed;
  regs.registers.value[kRbp] = fp;
  // What the row does not tell of is not known from here on; rbp only if it was, or was saved.
  regs.known = (row.fp_words != 0 ? uint32_t{1} << kRbp : regs.known & uint32_t{1} << kRbp);
  return move_to(cfa, return_address);
}

// The caller's value of one register into buffer_.next; false on trouble. A register that
// cannot be known is left so: that harms only a rule that needs it.
bool Walk::restore(unsigned reg, const Rule& rule, uint64_t cfa, Step* trouble) {
  const KnownRegisters& regs = buffer_.registers;
  uint64_t value = 0;
  Evaluation evaluation = Evaluation::kOk;
  switch (rule.kind) {
    case RuleKind::kSame:
      if (reg == kRsp) {
        value = cfa;
      } else if (!regs.has(reg)) {
        return true;
      } else {
        value = regs.get(reg);
      }
      break;
    case RuleKind::kUndefined:
      return true;
    case RuleKind::kAtCfa:
      if (!memory_.load(cfa + static_cast<uint64_t>(rule.offset), &value)) return false;
      break;
    case RuleKind::kIsCfa:
      value = cfa + static_cast<uint64_t>(rule.offset);
      break;
    case RuleKind::kRegister:
      if (!regs.has(static_cast<uint64_t>(rule.offset))) {
        // Without a return address the walk would take this for the first frame.
        if (reg == kRip) *trouble = Step::kNeedsRegister;
        return reg != kRip;
      }
      value = regs.get(static_cast<uint64_t>(rule.offset));
      break;
    default:
      evaluation = evaluate(rule.expression, rule.expression_size, regs, memory_, &cfa, &value);
      if (evaluation != Evaluation::kOk || rule.kind != RuleKind::kAtExpression) break;
      // g++ leaves such rules in force behind an epilogue's last pop, where they lead out of the
      // frame.
      if (exact_ && !buffer_.rules.is_signal_frame && reg != kRip &&
          value - regs.get(kRsp) >= cfa - regs.get(kRsp)) {
        value = regs.get(reg);
      } else if (!memory_.load(value, &value)) {
        return false;
      }
      break;
  }
  if (evaluation == Evaluation::kNeedsRegister) *trouble = Step::kNeedsRegister;
  if (evaluation != Evaluation::kOk) return false;
  buffer_.next.set(reg, value);
  return true;
}

Walk::Step Walk::take_full() {
  KnownRegisters& regs = buffer_.registers;
  // row_at may have answered from the cache: the rules are made anew.
  if (!full_rules_at(pc())) return Step::kFailed;
  const FrameRules& rules = buffer_.rules;
  uint64_t cfa;
  if (rules.cfa.is_expression) {
    const Evaluation e =
        evaluate(rules.cfa.expression, rules.cfa.expression_size, regs, memory_, nullptr, &cfa);
    if (e == Evaluation::kNeedsRegister) return Step::kNeedsRegister;
    if (e != Evaluation::kOk) return Step::kFailed;
  } else {
    if (!regs.has(rules.cfa.reg)) return Step::kNeedsRegister;
    cfa = regs.get(rules.cfa.reg) + static_cast<uint64_t>(rules.cfa.offset);
  }
  buffer_.next.known = 0;
  Step trouble = Step::kFailed;
  for (unsigned reg = 0; reg < arch::kRegisterCount; reg++) {
    if (!restore(reg, rules.registers[reg], cfa, &trouble)) return trouble;
  }
  if (!buffer_.next.has(kRip)) return Step::kComplete;
  const uint64_t sp = buffer_.next.get(kRsp);
  const uint64_t return_address = buffer_.next.get(kRip);
  const uint64_t old_sp = regs.get(kRsp);
  regs = buffer_.next;
  if (rules.is_signal_frame) {
    // Below a handler lies another context: its pc was interrupted, its stack may be elsewhere.
    memory_.enter(sp);
    exact_ = true;
    return return_address == 0 || return_address >= kAddressLimit ? Step::kFailed : Step::kOn;
  }
  // The interrupted function may have nothing left on the stack and be about to jump (the end of
  // libgcc's eh_return): where it goes, nothing was called.
  const bool has_left = exact_ && sp == old_sp;
  if (!has_left && !memory_.is_above(sp, old_sp)) return Step::kFailed;
  const Step step = move_to(sp, return_address);
  exact_ = has_left;
  return step;
}

Walk::Step Walk::move_to(uint64_t cfa, uint64_t return_address) {
  KnownRegisters& regs = buffer_.registers;
  if (return_address == 0) return Step::kComplete;
  if (return_address >= kAddressLimit) return Step::kFailed;
  regs.set(kRsp, cfa);
  regs.set(kRip, return_address);
  exact_ = false;
  return Step::kOn;
}
