#include <cstring>
#include <vector>

#include "collectors/unwind/cfi.h"
#include "tests/fuzz/harnesses.h"
#include "tests/fuzz/stack.h"

namespace fuzz {

namespace {

bool is_within(const uint8_t* start, const uint8_t* end, const UnwindTable& table) {
  const auto low = reinterpret_cast<uint64_t>(start);
  const auto high = reinterpret_cast<uint64_t>(end);
  return low <= high && low >= table.data_low && high <= table.data_high;
}

void judge_entry(const UnwindTable& table, const UnwindEntry& entry, uint64_t pc) {
  require(entry.start <= pc && pc < entry.end, "the entry covers the address");
  require(is_within(entry.cie_program, entry.cie_program_end, table),
          "the CIE's program is inside");
  require(is_within(entry.program, entry.program_end, table), "the FDE's program is inside");
}

void judge_expression(const UnwindTable& table, const uint8_t* bytes, uint32_t size,
                      const uint64_t* initial) {
  require(is_within(bytes, bytes + size, table), "the expression is inside");
  const Stack stack(size);
  const KnownRegisters registers = stack.registers(0x0123456789abcdef, ~0u);
  StackMemory memory(registers.get(arch::kRsp));
  uint64_t value;
  evaluate(bytes, size, registers, memory, initial, &value);
}

void judge_rules(const UnwindTable& table, const FrameRules& rules) {
  require(rules.registers[arch::kRip].kind != RuleKind::kSame, "the return address has a rule");
  const uint64_t cfa = 64;
  if (rules.cfa.is_expression) {
    judge_expression(table, rules.cfa.expression, rules.cfa.expression_size, nullptr);
  } else {
    require(rules.cfa.reg < arch::kRegisterCount, "the CFA's register is one");
  }
  for (const Rule& rule : rules.registers) {
    if (rule.kind == RuleKind::kAtExpression || rule.kind == RuleKind::kIsExpression) {
      judge_expression(table, rule.expression, rule.expression_size, &cfa);
    }
  }
}

bool is_same(const FrameRules& a, const FrameRules& b) {
  bool same = a.cfa.is_expression == b.cfa.is_expression && a.cfa.reg == b.cfa.reg &&
              a.cfa.offset == b.cfa.offset && a.cfa.expression == b.cfa.expression;
  for (unsigned i = 0; i < arch::kRegisterCount; i++) {
    const Rule& x = a.registers[i];
    const Rule& y = b.registers[i];
    same &= x.kind == y.kind && x.offset == y.offset && x.expression == y.expression;
  }
  return same;
}

void read_at(const UnwindTable& table, uint64_t pc) {
  static CfiWorkspace workspace;
  static FrameRules rules, again;
  UnwindEntry entry;
  if (!find_unwind_entry(table, pc, &entry)) return;
  judge_entry(table, entry, pc);
  if (!rules_at(entry, pc, workspace, &rules)) return;
  judge_rules(table, rules);
  memset(&workspace, 0xa5, sizeof workspace);
  require(rules_at(entry, pc, workspace, &again), "rules do not depend on earlier ones");
  require(is_same(rules, again), "rules are the same again");
}

}  // namespace

// 2 bytes: how far into each function. 1: where the header lies among the rest. 1: not used.
void unwind_tables(const uint8_t* data, size_t size) {
  if (size < 5) return;
  uint16_t delta;
  memcpy(&delta, data, sizeof delta);
  // Memory of its own, so that a byte too far on either side is seen.
  const std::vector<uint8_t> bytes(data + 4, data + size);
  const auto low = reinterpret_cast<uint64_t>(bytes.data());
  const UnwindTable table{low + data[2], low, low + bytes.size()};
  // The starts as the search table tells them, if it is where linkers put it.
  for (unsigned row = 0; row < 8; row++) {
    int32_t start = 1 << 20;
    const uint64_t at = data[2] + 12 + row * 8;
    if (at + 4 <= bytes.size()) memcpy(&start, bytes.data() + at, sizeof start);
    const uint64_t pc = table.header + static_cast<uint64_t>(int64_t{start});
    for (const uint64_t offset : {uint64_t{0}, uint64_t{delta}, uint64_t{4095}}) {
      read_at(table, pc + offset);
    }
  }
}

}  // namespace fuzz
