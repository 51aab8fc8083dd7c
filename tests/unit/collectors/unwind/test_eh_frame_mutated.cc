// Mutated objects: whatever the tables say, the readers return, and read nothing behind the fence.
#include <catch2/catch.hpp>
#include <random>

#include "collectors/unwind/cfi.h"
#include "collectors/unwind/expression.h"
#include "tests/unit/collectors/unwind/eh_frame_bytes.h"

namespace {

// Instructions of every kind, two expressions among them.
EhFrame rich_frame() {
  EhFrame frame;
  frame.cie_head = {1, 'z', 'P', 'L', 'R', 'S', 0, 1, 0x78, 16, 7, 0x9b, 1, 2, 3, 4, 0x1b, 0x1b};
  frame.program = {0x41, 0x0e, 16,   0x86, 2,    0x43, 0x0d, 6,    0x0a, 0x02, 9,    0x05,
                   13,   4,    0x0b, 0x03, 9,    0,    0x0f, 11,   0x77, 8,    0x80, 0,
                   0x3f, 0x1a, 0x3b, 0x2a, 0x33, 0x24, 0x22, 0x10, 6,    3,    0x77, 0x70,
                   0x06, 0x16, 3,    2,    0x77, 8,    0x09, 12,   13,   0x07, 14,   0x12,
                   6,    0x7e, 0x2e, 8,    0xc6, 0x04, 1,    0,    0,    0,    0x0e, 24};
  return frame;
}

void read_everything(const UnwindTable& table, uint64_t pc) {
  static CfiWorkspace workspace;
  static FrameRules rules;
  static Fenced stack;
  const uint8_t* words = stack.end() - 256;
  UnwindEntry entry;
  if (!find_unwind_entry(table, pc, &entry) || !rules_at(entry, pc, workspace, &rules)) return;
  KnownRegisters registers{};
  for (unsigned r = 0; r < arch::kRegisterCount; r++) {
    registers.set(r, reinterpret_cast<uint64_t>(words));
  }
  StackMemory memory(reinterpret_cast<uint64_t>(words));
  uint64_t value;
  const uint64_t cfa = registers.get(arch::kRsp);
  if (rules.cfa.is_expression) {
    evaluate(rules.cfa.expression, rules.cfa.expression_size, registers, memory, nullptr, &value);
  }
  for (const Rule& rule : rules.registers) {
    if (rule.expression_size != 0) {
      evaluate(rule.expression, rule.expression_size, registers, memory, &cfa, &value);
    }
  }
}

void read_at_some_addresses(const UnwindTable& table) {
  for (const uint64_t offset : {0u, 1u, 13u, 30u, 4095u})
    read_everything(table, code_at(table, offset));
}

}  // namespace

TEST_CASE("tables that are cut off at any byte are read without harm") {
  Fenced memory;
  const Bytes whole = rich_frame().bytes();
  for (size_t size = 0; size <= whole.size(); size++) {
    const Bytes part(whole.begin(), whole.begin() + static_cast<long>(size));
    read_at_some_addresses(table_at(memory.put(part), memory.end()));
  }
}

TEST_CASE("tables with any one byte changed are read without harm") {
  Fenced memory;
  const Bytes whole = rich_frame().bytes();
  for (size_t at = 0; at < whole.size(); at++) {
    for (unsigned value = 0; value < 256; value++) {
      Bytes changed = whole;
      changed[at] = static_cast<uint8_t>(value);
      read_at_some_addresses(table_at(memory.put(changed), memory.end()));
    }
  }
}

TEST_CASE("tables with many bytes changed are read without harm") {
  Fenced memory;
  const Bytes whole = rich_frame().bytes();
  std::mt19937 random(1);
  for (int round = 0; round < 100000; round++) {
    Bytes changed = whole;
    for (unsigned n = random() % 8; n > 0; n--) {
      changed[20 + random() % (changed.size() - 20)] = static_cast<uint8_t>(random());
    }
    if (random() % 4 == 0) changed.resize(random() % changed.size());
    read_at_some_addresses(table_at(memory.put(changed), memory.end()));
  }
}

TEST_CASE("expressions of random bytes end without harm") {
  Fenced fenced;
  std::mt19937 random(2);
  Fenced stack;
  const uint8_t* words = stack.end() - 256;
  KnownRegisters registers{};
  for (unsigned r = 0; r < arch::kRegisterCount; r++) {
    registers.set(r, random() % 2 == 0 ? ~uint64_t{15} + r : reinterpret_cast<uint64_t>(words));
  }
  int good = 0;
  for (int round = 0; round < 300000; round++) {
    Bytes bytes(1 + random() % 24);
    for (uint8_t& b : bytes)
      b = static_cast<uint8_t>(random() % 2 == 0 ? random() : 0x06 + random() % 0x90);
    StackMemory memory(reinterpret_cast<uint64_t>(words));
    uint64_t value;
    good += evaluate(fenced.put(bytes), static_cast<uint32_t>(bytes.size()), registers, memory,
                     nullptr, &value) == Evaluation::kOk;
  }
  CHECK(good > 1000);
}
