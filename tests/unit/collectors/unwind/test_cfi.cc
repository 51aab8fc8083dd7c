// Each call frame instruction, by what it says about the caller's registers.
#include "collectors/unwind/cfi.h"

#include <catch2/catch.hpp>

#include "tests/unit/collectors/unwind/eh_frame_bytes.h"

namespace {

using arch::kRbp;
using arch::kRip;
using arch::kRsp;

bool rules_of(const EhFrame& frame, uint64_t offset, FrameRules* rules) {
  static Fenced memory;
  static CfiWorkspace workspace;
  const UnwindTable table = table_at(memory.put(frame.bytes()), memory.end());
  UnwindEntry entry;
  REQUIRE(find_unwind_entry(table, code_at(table, offset), &entry));
  return rules_at(entry, code_at(table, offset), workspace, rules);
}

FrameRules rules_after(const Bytes& program, uint64_t offset = 100) {
  EhFrame frame;
  frame.program = program;
  FrameRules rules;
  REQUIRE(rules_of(frame, offset, &rules));
  return rules;
}

bool is_refused(const Bytes& program) {
  EhFrame frame;
  frame.program = program;
  FrameRules rules;
  return !rules_of(frame, 100, &rules);
}

bool is(const Rule& rule, RuleKind kind, int64_t offset) {
  return rule.kind == kind && rule.offset == offset;
}

}  // namespace

TEST_CASE("without instructions the CIE's rules hold") {
  const FrameRules r = rules_after({});
  CHECK(r.cfa.reg == kRsp);
  CHECK(r.cfa.offset == 8);
  CHECK(is(r.registers[kRip], RuleKind::kAtCfa, -8));
  CHECK(r.registers[kRbp].kind == RuleKind::kSame);
}

TEST_CASE("a rule holds from its address on, to the byte") {
  // push %rbp; mov %rsp, %rbp; ...; leave
  const Bytes program = {0x41, 0x0e, 16, 0x86, 2, 0x43, 0x0d, 6, 0x48, 0x0c, 7, 8};
  CHECK(rules_after(program, 0).cfa.offset == 8);
  CHECK(rules_after(program, 1).cfa.offset == 16);
  CHECK(is(rules_after(program, 1).registers[kRbp], RuleKind::kAtCfa, -16));
  CHECK(rules_after(program, 3).cfa.reg == kRsp);
  CHECK(rules_after(program, 4).cfa.reg == kRbp);
  CHECK(rules_after(program, 11).cfa.offset == 16);
  CHECK(rules_after(program, 12).cfa.reg == kRsp);
  CHECK(rules_after(program, 12).cfa.offset == 8);
}

TEST_CASE("advances of each size, and set_loc, move on") {
  CHECK(rules_after({0x02, 100, 0x0e, 16}, 99).cfa.offset == 8);
  CHECK(rules_after({0x02, 100, 0x0e, 16}, 100).cfa.offset == 16);
  CHECK(rules_after({0x03, 0x00, 0x02, 0x0e, 16}, 0x1ff).cfa.offset == 8);
  CHECK(rules_after({0x03, 0x00, 0x02, 0x0e, 16}, 0x200).cfa.offset == 16);
  CHECK(rules_after({0x04, 0x00, 0x08, 0, 0, 0x0e, 16}, 0x7ff).cfa.offset == 8);
  CHECK(rules_after({0x04, 0x00, 0x08, 0, 0, 0x0e, 16}, 0x800).cfa.offset == 16);
  // set_loc in the CIE's encoding: relative to itself, far beyond the code.
  CHECK(rules_after({0x01, 0xff, 0xff, 0xff, 0x7f, 0x0e, 16}, 100).cfa.offset == 8);
}

TEST_CASE("the CFA is set whole, by register or by offset, signed ones in units") {
  CHECK(rules_after({0x0c, 6, 0x90, 1}).cfa.offset == 144);
  CHECK(rules_after({0x0c, 6, 16}).cfa.reg == kRbp);
  CHECK(rules_after({0x0d, 12}).cfa.reg == 12);
  CHECK(rules_after({0x0d, 12}).cfa.offset == 8);
  CHECK(rules_after({0x0e, 0x80, 8}).cfa.offset == 1024);
  CHECK(rules_after({0x12, 6, 0x7e}).cfa.offset == 16);  // -2 * -8
  CHECK(rules_after({0x13, 0x7d}).cfa.offset == 24);
  const FrameRules e = rules_after({0x0f, 3, 0x76, 0x78, 0x06});
  CHECK(e.cfa.is_expression);
  CHECK(e.cfa.expression_size == 3);
  CHECK(e.cfa.expression[0] == 0x76);
  CHECK(!rules_after({0x0f, 3, 0x76, 0x78, 0x06, 0x0c, 7, 8}).cfa.is_expression);
}

TEST_CASE("registers are saved, kept, lost, moved or computed") {
  CHECK(is(rules_after({0x83, 3}).registers[3], RuleKind::kAtCfa, -24));
  CHECK(is(rules_after({0x05, 13, 4}).registers[13], RuleKind::kAtCfa, -32));
  CHECK(is(rules_after({0x11, 13, 0x7c}).registers[13], RuleKind::kAtCfa, 32));
  CHECK(is(rules_after({0x2f, 13, 4}).registers[13], RuleKind::kAtCfa, 32));
  CHECK(rules_after({0x83, 3, 0x08, 3}).registers[3].kind == RuleKind::kSame);
  CHECK(rules_after({0x07, 16}).registers[kRip].kind == RuleKind::kUndefined);
  CHECK(is(rules_after({0x09, 7, 10}).registers[kRsp], RuleKind::kRegister, 10));
  CHECK(is(rules_after({0x14, 7, 0}).registers[kRsp], RuleKind::kIsCfa, 0));
  CHECK(is(rules_after({0x15, 7, 0x7f}).registers[kRsp], RuleKind::kIsCfa, 8));
  const Rule at = rules_after({0x10, 6, 2, 0x76, 0}).registers[kRbp];
  CHECK(at.kind == RuleKind::kAtExpression);
  CHECK(at.expression_size == 2);
  CHECK(rules_after({0x16, 6, 2, 0x77, 8}).registers[kRbp].kind == RuleKind::kIsExpression);
}

TEST_CASE("restore goes back to what the CIE says") {
  CHECK(rules_after({0x86, 2, 0xc6}).registers[kRbp].kind == RuleKind::kSame);
  CHECK(rules_after({0x86, 2, 0x06, 6}).registers[kRbp].kind == RuleKind::kSame);
  CHECK(is(rules_after({0x07, 16, 0xd0}).registers[kRip], RuleKind::kAtCfa, -8));
}

TEST_CASE("restore in a CIE goes back to no rule, not to those of the function before") {
  EhFrame frame;
  frame.cie_program = frame.cie_program + Bytes{0x16, 6, 1, 0x30};  // rbp is lit0
  FrameRules rules;
  REQUIRE(rules_of(frame, 0, &rules));
  CHECK(rules.registers[kRbp].kind == RuleKind::kIsExpression);
  frame.cie_program = {0x0c, 7, 8, 0x90, 1, 0xc6};
  REQUIRE(rules_of(frame, 0, &rules));
  CHECK(rules.registers[kRbp].kind == RuleKind::kSame);
}

TEST_CASE("remembered states come back in reverse order, with their CFA") {
  const Bytes program = {0x0e, 16,   0x86, 2,           // first
                         0x0a, 0x0e, 24,   0x83, 3,     // second, inside
                         0x0a, 0x0c, 6,    64,   0xc6,  // third
                         0x41, 0x0b, 0x41, 0x0b};
  const FrameRules third = rules_after(program, 0);
  CHECK(third.cfa.reg == kRbp);
  CHECK(third.registers[kRbp].kind == RuleKind::kSame);
  const FrameRules second = rules_after(program, 1);
  CHECK(second.cfa.reg == kRsp);
  CHECK(second.cfa.offset == 24);
  CHECK(is(second.registers[3], RuleKind::kAtCfa, -24));
  const FrameRules first = rules_after(program, 2);
  CHECK(first.cfa.offset == 16);
  CHECK(first.registers[3].kind == RuleKind::kSame);
  CHECK(is(first.registers[kRbp], RuleKind::kAtCfa, -16));
}

TEST_CASE("what cannot be followed has no rules") {
  CHECK(is_refused({0x0b}));          // nothing remembered
  CHECK(is_refused(Bytes(5, 0x0a)));  // nested deeper than any compiler does
  CHECK(!is_refused(Bytes(4, 0x0a)));
  CHECK(is_refused({0x3c}));              // no such instruction
  CHECK(is_refused({0x0d, 40}));          // a CFA in a vector register
  CHECK(is_refused({0x0f, 0x90, 0x4e}));  // an expression of 10000 bytes
  CHECK(is_refused({0x0f, 100}));         // one that ends behind the record
  CHECK(is_refused({0x08, 16}));          // a return address that is nowhere saved
}

TEST_CASE("vector registers and argument sizes are read and left alone") {
  CHECK(rules_after({0x05, 17, 4, 0x91, 3, 0x2e, 16, 0x0e, 32}).cfa.offset == 32);
}

TEST_CASE("numbers that overflow give rules, not faults") {
  const Bytes huge = {0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x01};
  rules_after(Bytes{0x05, 3} + huge);
  rules_after(Bytes{0x2f, 3} + huge);
  rules_after(Bytes{0x0e} + huge);
  rules_after(Bytes{0x11, 3, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x7f});
}
