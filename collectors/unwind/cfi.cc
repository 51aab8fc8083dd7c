#include "collectors/unwind/cfi.h"

#include "collectors/unwind/dwarf_names.h"

namespace {

using arch::kRegisterCount;
using namespace dwarf;

class Interpreter {
 public:
  Interpreter(const UnwindEntry& entry, uint64_t pc, CfiWorkspace& workspace, FrameRules* rules)
      : entry_(entry), pc_(pc), location_(entry.start), rules_(*rules), workspace_(workspace) {}

  bool run() {
    rules_ = {};
    if (!execute(entry_.cie_program, entry_.cie_program_end)) return false;
    workspace_.initial = rules_;
    has_initial_ = true;
    return execute(entry_.program, entry_.program_end);
  }

 private:
  bool execute(const uint8_t* program, const uint8_t* end) {
    ByteReader r{program, end};
    while (!r.done() && location_ <= pc_) {
      const uint8_t op = r.read<uint8_t>();
      const uint8_t low = op & 0x3f;
      bool ok = true;
      switch (op >> 6) {
        case DW_CFA_advance_loc >> 6:
          ok = advance(low);
          break;
        case DW_CFA_offset >> 6:
          set(low, RuleKind::kAtCfa, factored(r.uleb()));
          break;
        case DW_CFA_restore >> 6:
          restore(low);
          break;
        default:
          ok = extended(low, r);
          break;
      }
      if (!ok || r.failed) return false;
    }
    return true;
  }

  bool advance(uint64_t delta) {
    location_ += delta * entry_.code_align;
    return true;
  }

  // Unsigned, so that a mutated object overflows nothing.
  int64_t factored(uint64_t n) const {
    return static_cast<int64_t>(n * static_cast<uint64_t>(entry_.data_align));
  }

  // The instructions with the two high bits clear.
  bool extended(uint8_t op, ByteReader& r) {
    switch (op) {
      case DW_CFA_nop:
        return true;
      case DW_CFA_set_loc:
        return read_encoded(r, entry_.address_encoding, &location_);
      case DW_CFA_advance_loc1:
        return advance(r.read<uint8_t>());
      case DW_CFA_advance_loc2:
        return advance(r.read<uint16_t>());
      case DW_CFA_advance_loc4:
        return advance(r.read<uint32_t>());
      case DW_CFA_remember_state:
        return remember();
      case DW_CFA_restore_state:
        return recall();
      case DW_CFA_def_cfa:
      case DW_CFA_def_cfa_register:
      case DW_CFA_def_cfa_offset:
      case DW_CFA_def_cfa_expression:
      case DW_CFA_def_cfa_sf:
      case DW_CFA_def_cfa_offset_sf:
        return cfa(op, r);
      case DW_CFA_GNU_args_size:
        r.uleb();
        return true;
      case DW_CFA_GNU_window_save:
        return true;  // not on x86
      default:
        return register_rule(op, r);
    }
  }

  bool cfa(uint8_t op, ByteReader& r) {
    CfaRule& c = rules_.cfa;
    if (op == DW_CFA_def_cfa_expression) {
      c.is_expression = true;
      return block(r, &c.expression, &c.expression_size);
    }
    if (op != DW_CFA_def_cfa_offset && op != DW_CFA_def_cfa_offset_sf) {
      const uint64_t reg = r.uleb();
      if (reg >= kRegisterCount) return false;
      c.reg = static_cast<uint8_t>(reg);
      c.is_expression = false;
    }
    if (op == DW_CFA_def_cfa || op == DW_CFA_def_cfa_offset)
      c.offset = static_cast<int64_t>(r.uleb());
    if (op == DW_CFA_def_cfa_sf || op == DW_CFA_def_cfa_offset_sf)
      c.offset = factored(static_cast<uint64_t>(r.sleb()));
    return true;
  }

  bool register_rule(uint8_t op, ByteReader& r) {
    const uint64_t reg = r.uleb();
    switch (op) {
      case DW_CFA_offset_extended:
        set(reg, RuleKind::kAtCfa, factored(r.uleb()));
        break;
      case DW_CFA_restore_extended:
        restore(reg);
        break;
      case DW_CFA_undefined:
        set(reg, RuleKind::kUndefined, 0);
        break;
      case DW_CFA_same_value:
        set(reg, RuleKind::kSame, 0);
        break;
      case DW_CFA_register:
        set(reg, RuleKind::kRegister, static_cast<int64_t>(r.uleb()));
        break;
      case DW_CFA_expression:
        return set_expression(reg, RuleKind::kAtExpression, r);
      case DW_CFA_offset_extended_sf:
        set(reg, RuleKind::kAtCfa, factored(static_cast<uint64_t>(r.sleb())));
        break;
      case DW_CFA_val_offset:
        set(reg, RuleKind::kIsCfa, factored(r.uleb()));
        break;
      case DW_CFA_val_offset_sf:
        set(reg, RuleKind::kIsCfa, factored(static_cast<uint64_t>(r.sleb())));
        break;
      case DW_CFA_val_expression:
        return set_expression(reg, RuleKind::kIsExpression, r);
      case DW_CFA_GNU_negative_offset_extended:
        set(reg, RuleKind::kAtCfa, factored(0 - r.uleb()));
        break;
      default:
        return false;
    }
    return true;
  }

  // Registers beyond the sixteen and the return address (vector registers) are read and left alone.
  void set(uint64_t reg, RuleKind kind, int64_t offset) {
    if (reg == entry_.return_register) reg = arch::kRip;
    if (reg < kRegisterCount) rules_.registers[reg] = {kind, 0, offset, nullptr};
  }

  bool set_expression(uint64_t reg, RuleKind kind, ByteReader& r) {
    Rule rule{kind, 0, 0, nullptr};
    if (!block(r, &rule.expression, &rule.expression_size)) return false;
    if (reg < kRegisterCount) rules_.registers[reg] = rule;
    return true;
  }

  // In a CIE there is nothing yet to go back to: what the workspace holds is another function's,
  // whose expressions may lie in an object that is gone.
  void restore(uint64_t reg) {
    if (reg >= kRegisterCount) return;
    rules_.registers[reg] = has_initial_ ? workspace_.initial.registers[reg] : Rule{};
  }

  bool block(ByteReader& r, const uint8_t** bytes, uint32_t* size) {
    const uint64_t length = r.uleb();
    *bytes = r.at;
    *size = static_cast<uint32_t>(length);
    if (length > 4096) return false;
    r.skip(length);
    return !r.failed;
  }

  bool remember() {
    if (depth_ == CfiWorkspace::kMaxRemembered) return false;
    workspace_.remembered[depth_++] = rules_;
    return true;
  }

  bool recall() {
    if (depth_ == 0) return false;
    rules_ = workspace_.remembered[--depth_];
    return true;
  }

  const UnwindEntry& entry_;
  uint64_t pc_;
  uint64_t location_;
  FrameRules& rules_;
  CfiWorkspace& workspace_;
  unsigned depth_ = 0;
  bool has_initial_ = false;
};

}  // namespace

bool rules_at(const UnwindEntry& entry, uint64_t pc, CfiWorkspace& workspace, FrameRules* rules) {
  Interpreter interpreter(entry, pc, workspace, rules);
  if (!interpreter.run()) return false;
  rules->is_signal_frame = entry.is_signal_frame;
  // The return address is saved somewhere or undefined; "same" would be a walk without end.
  return rules->registers[arch::kRip].kind != RuleKind::kSame;
}
