// A bounded evaluator of the DWARF expressions that stand in .eh_frame: PLT entries, realigned
// stacks, signal trampolines. Bounded in operations and in stack; memory only through StackMemory.
#pragma once

#include <cstdint>

#include "collectors/unwind/stack_memory.h"
#include "env/sys/arch.h"

// Registers with a mark for those whose value is known in this frame.
struct KnownRegisters {
  arch::Registers registers;
  uint32_t known = 0;  // bit n: DWARF register n

  bool has(uint64_t reg) const { return reg < arch::kRegisterCount && (known >> reg & 1) != 0; }
  uint64_t get(uint64_t reg) const { return registers.value[reg]; }
  void set(uint64_t reg, uint64_t value) {
    registers.value[reg] = value;
    known |= uint32_t{1} << reg;
  }
};

enum class Evaluation { kOk, kBad, kNeedsRegister };

// `initial`, when given, is on the stack at first (the CFA, for register rules). Context: any.
Evaluation evaluate(const uint8_t* expression, uint32_t size, const KnownRegisters& registers,
                    StackMemory& memory, const uint64_t* initial, uint64_t* result) SIGNAL_SAFE;
