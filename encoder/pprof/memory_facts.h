// What a heap profile is compared with: the memory of the process as the kernel and the allocator
// count it. The process that ends the recording collects it; a file without it is whole.
#pragma once

#include <cstdint>
#include <string_view>

namespace encoder {

// The allocator below ours, and what it says of itself.
struct AllocatorFacts {
  static constexpr unsigned kMost = 4;
  struct Figure {
    const char* what;
    uint64_t bytes;
  };

  // What the profile lacks because of it, said above every report; and what is only to be known.
  // Null: nothing.
  const char* trouble = nullptr;
  const char* circumstance = nullptr;
  std::string_view name;  // or the path of the object that defines malloc; empty: not known
  // Behind the figures in brackets: where they are from; or, without figures, why there are none.
  const char* remark = nullptr;
  Figure figures[kMost] = {};
  unsigned count = 0;
  uint64_t held_bytes = 0;  // of the system's memory; 0: not known
  uint64_t used_bytes = 0;  // of those, by blocks and what is around them
};

// Resident bytes, no byte in two of them but `resident`.
struct MemoryFacts {
  uint64_t resident = 0;  // 0: nothing is known
  uint64_t swapped = 0;   // and not resident
  uint64_t files = 0;
  uint64_t shared = 0;
  uint64_t stacks = 0;
  uint64_t profiler = 0;
  AllocatorFacts allocator;
};

}  // namespace encoder
