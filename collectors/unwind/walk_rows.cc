// How a walk gets the rules of an address: from the cache, else from the object's unwind table.
#include "collectors/unwind/debug_frame.h"
#include "collectors/unwind/objects.h"
#include "collectors/unwind/walk.h"

namespace {

using arch::kRbp;
using arch::kRip;
using arch::kRsp;

// The compact form of full rules, or kFull where they do not fit.
Row compress(const FrameRules& rules) {
  const Rule& ra = rules.registers[kRip];
  const Rule& fp = rules.registers[kRbp];
  if (ra.kind == RuleKind::kUndefined) return {RowKind::kOutermost};
  const Row full{RowKind::kFull};
  const CfaRule& cfa = rules.cfa;
  if (rules.is_signal_frame || cfa.is_expression || (cfa.reg != kRsp && cfa.reg != kRbp))
    return full;
  if (cfa.offset <= 0 || (cfa.offset & 7) != 0 || cfa.offset / 8 > Row::kMaxWords) return full;
  if (ra.kind != RuleKind::kAtCfa || ra.offset != -8) return full;
  if (rules.registers[kRsp].kind != RuleKind::kSame) return full;
  Row row{cfa.reg == kRsp ? RowKind::kFromSp : RowKind::kFromFp,
          static_cast<uint32_t>(cfa.offset / 8), 0};
  if (fp.kind == RuleKind::kSame) return row;
  if (fp.kind != RuleKind::kAtCfa || fp.offset >= 0 || (fp.offset & 7) != 0) return full;
  if (fp.offset < -int64_t{8} * Row::kMaxWords) return full;
  row.fp_words = static_cast<uint32_t>(-fp.offset / 8);
  return row;
}

}  // namespace

bool Walk::entry_in(const CodeRange& range, uint64_t pc, UnwindEntry* entry) {
  if (range.unwind_table != 0 &&
      find_unwind_entry({range.unwind_table, range.data_low, range.data_high}, pc, entry)) {
    return true;
  }
  return range.is_program && debug_frame::find(pc, entry);
}

bool Walk::entry_of(uint64_t pc, UnwindEntry* entry) {
  const CodeRange* range = objects::find(pc);
  return range != nullptr && entry_in(*range, pc, entry);
}

bool Walk::full_rules_at(uint64_t pc) {
  UnwindEntry entry;
  return entry_of(pc, &entry) && rules_at(entry, pc, buffer_.workspace, &buffer_.rules);
}

// True if `pc` + 1 is not behind a call but is a function's first instruction: a return address
// that code wrote there by hand, as makecontext does. Nothing is above such a frame.
bool Walk::is_never_called(uint64_t pc) {
  UnwindEntry entry;
  return !exact_ && entry_of(pc + 1, &entry) && entry.start == pc + 1;
}

Row Walk::row_at(uint64_t pc, bool* known) {
  *known = true;
  if (compact_) {
    const Row row = cache_.find(pc);
    if (LIKELY(row.kind != RowKind::kAbsent)) return row;
  }
  *known = objects::find(pc) != nullptr;
  if (UNLIKELY(objects::has_gone())) cache_.clear();
  if (!*known) return {};
  Row row{RowKind::kFramePointer};
  if (full_rules_at(pc)) {
    row = compress(buffer_.rules);
  } else if (is_never_called(pc)) {
    row.kind = RowKind::kOutermost;
  }
  if (compact_) {
    cache_.put(pc, row);
  } else if (row.kind == RowKind::kFromSp || row.kind == RowKind::kFromFp) {
    row.kind = RowKind::kFull;
  }
  return row;
}
