// The rules of one address: how the caller's registers follow from the callee's. Made by running
// the call frame instructions of an UnwindEntry (DWARF 5, section 6.4) up to the address.
#pragma once

#include <cstdint>

#include "collectors/unwind/eh_frame.h"
#include "env/sys/arch.h"

enum class RuleKind : uint8_t {
  kSame,          // the caller's value is the callee's
  kUndefined,     // cannot be known; for the return address: the outermost frame
  kAtCfa,         // saved at CFA + offset
  kIsCfa,         // is CFA + offset
  kRegister,      // is in another register
  kAtExpression,  // saved where an expression says
  kIsExpression,  // is what an expression says
};

struct Rule {
  RuleKind kind;
  uint32_t expression_size;
  int64_t offset;  // or the register's number
  const uint8_t* expression;
};

struct CfaRule {
  bool is_expression;
  uint8_t reg;
  uint32_t expression_size;
  int64_t offset;
  const uint8_t* expression;
};

struct FrameRules {
  CfaRule cfa;
  Rule registers[arch::kRegisterCount];  // by DWARF number; the return address is kRip
  bool is_signal_frame;
};

// Room for the states that instructions save and restore: 2 KiB that the caller keeps elsewhere
// than on a stack that may be an 8 KiB fiber's.
struct CfiWorkspace {
  // More than compilers nest; a function that nests deeper has no rules.
  static constexpr unsigned kMaxRemembered = 4;
  FrameRules initial;
  FrameRules remembered[kMaxRemembered];
};

// False where the instructions cannot be followed. Context: any.
bool rules_at(const UnwindEntry& entry, uint64_t pc, CfiWorkspace& workspace,
              FrameRules* rules) SIGNAL_SAFE;
