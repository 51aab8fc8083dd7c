// A stack for the readers, known as the thread's own. Exact memory of the heap: with the address
// sanitizer a read beside it is a finding.
#pragma once

#include <cstdint>
#include <memory>

#include "collectors/unwind/expression.h"
#include "env/sys/thread_state.h"

namespace fuzz {

class Stack {
 public:
  static constexpr unsigned kWords = 64;

  explicit Stack(uint64_t seed) : words_(new uint64_t[kWords]) {
    // Addresses of its own among the words: expressions follow them.
    for (unsigned i = 0; i < kWords; i++) {
      words_[i] = (seed >> (i % 64) & 1) != 0 ? address(seed * i % (kWords + 1)) : seed * i;
    }
    thread_state.stack_low = address(0);
    thread_state.stack_high = address(kWords);
  }
  ~Stack() { thread_state.stack_low = thread_state.stack_high = 0; }
  Stack(const Stack&) = delete;
  Stack& operator=(const Stack&) = delete;

  uint64_t address(uint64_t word) const {
    return reinterpret_cast<uint64_t>(words_.get()) + word * sizeof(uint64_t);
  }

  // Each register by four bits of `choice` and one of `known`; rsp stays on the stack.
  KnownRegisters registers(uint64_t choice, uint32_t known) const {
    KnownRegisters registers{};
    for (unsigned r = 0; r < arch::kRegisterCount; r++) {
      const uint64_t n = choice >> (r % 16 * 4) & 15;
      const uint64_t values[] = {0, ~uint64_t{7}, ~uint64_t{0}, address(n * 4 + 1) + 3};
      registers.registers.value[r] = n < 12 ? address(n * 5) : values[n - 12];
    }
    registers.known = known;
    if (registers.get(arch::kRsp) - address(0) >= kWords * 8) {
      registers.set(arch::kRsp, address(kWords / 2));
    }
    return registers;
  }

 private:
  std::unique_ptr<uint64_t[]> words_;
};

}  // namespace fuzz
