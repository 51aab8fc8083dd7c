// Frames in square brackets: they carry what could not be resolved or kept.
#pragma once

#include <cstdint>

#include "tables/layout.h"

namespace encoder {

// The value is the id of its location, or of its frame and its function in a trace.
// [vdso] and [jit] are functions only: each address keeps a location of its own.
enum class Pseudo : uint32_t {
  kAddress,
  kLost,
  kTruncated,
  kUnknown,
  kVdso,
  kShort,
  kJit,
  kLoader,
  kCount
};

constexpr uint32_t number(Pseudo pseudo) {
  return static_cast<uint32_t>(pseudo);
}

constexpr const char* name_of(Pseudo pseudo) {
  constexpr const char* kNames[] = {"",       "[lost]",  "[truncated]", "[unknown]",
                                    "[vdso]", "[short]", "[jit]",       "[loader]"};
  static_assert(sizeof kNames / sizeof *kNames == number(Pseudo::kCount));
  return kNames[number(pseudo)];
}

// What stands in a stack in place of an address, kAddress if it is one.
constexpr Pseudo pseudo_of(uint64_t pc) {
  switch (pc) {
    case layout::kPcShort:
      return Pseudo::kShort;
    case layout::kPcLost:
      return Pseudo::kLost;
    case layout::kPcLoader:
      return Pseudo::kLoader;
    case layout::kPcUnknown:
      return Pseudo::kUnknown;
    default:
      return Pseudo::kAddress;
  }
}

}  // namespace encoder
