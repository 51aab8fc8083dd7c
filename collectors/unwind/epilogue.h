// The rule of a function without unwind tables whose call is followed by its return, as trampolines
// are (CPython's for perf): read from the instructions themselves.
#pragma once

#include <cstddef>
#include <cstdint>

#include "env/sys/compiler/attributes.h"

struct Epilogue {
  static constexpr size_t kLongest = 32;  // bytes of instructions to inspect
  static constexpr uint64_t kNone = ~uint64_t{0};

  bool from_fp;        // distances count from rbp, else from rsp
  uint64_t return_at;  // where the return address is
  uint64_t fp_at;      // where the caller's rbp is; kNone: rbp is unchanged
  uint32_t restored;   // registers that are popped, by DWARF number
};

// The instructions at `code` up to the first return; false if they do more than let go of a frame.
bool read_epilogue(const uint8_t* code, size_t size, Epilogue* epilogue) SIGNAL_SAFE;
