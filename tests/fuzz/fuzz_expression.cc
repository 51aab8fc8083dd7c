#include <cstring>
#include <vector>

#include "tests/fuzz/harnesses.h"
#include "tests/fuzz/stack.h"

namespace fuzz {

// 8 bytes: what the stack holds. 8: which registers hold what. 4: which are known. 4: bit 0,
// whether a value lies on the stack at first. Then the expression.
void expression(const uint8_t* data, size_t size) {
  struct {
    uint64_t seed, choice;
    uint32_t known, has_initial;
  } head;
  if (size < sizeof head) return;
  memcpy(&head, data, sizeof head);
  const Stack stack(head.seed);
  const KnownRegisters registers = stack.registers(head.choice, ~head.known);
  const std::vector<uint8_t> bytes(data + sizeof head, data + size);
  const uint64_t initial = stack.address(Stack::kWords - 2);
  uint64_t results[2] = {};
  Evaluation ends[2];
  for (int i = 0; i < 2; i++) {
    StackMemory memory(registers.get(arch::kRsp));
    ends[i] = evaluate(bytes.data(), static_cast<uint32_t>(bytes.size()), registers, memory,
                       (head.has_initial & 1) != 0 ? &initial : nullptr, &results[i]);
  }
  require(ends[0] == ends[1] && results[0] == results[1], "the same expression has the same value");
}

}  // namespace fuzz
