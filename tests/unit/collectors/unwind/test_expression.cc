#include "collectors/unwind/expression.h"

#include <catch2/catch.hpp>
#include <optional>

#include "tests/unit/collectors/unwind/eh_frame_bytes.h"

namespace {

constexpr uint32_t kRbpAndRsp = 1u << arch::kRbp | 1u << arch::kRsp | 1u << arch::kRip;

struct Stack {
  alignas(16) uint64_t words[4] = {0x1111222233334444, 0x5555666677778888, 3, 4};
  uint64_t address() const { return reinterpret_cast<uint64_t>(words); }
};
Stack stack;

Evaluation run(const Bytes& bytes, uint64_t* value, const uint64_t* initial = nullptr) {
  static Fenced memory;
  KnownRegisters registers{};
  registers.known = kRbpAndRsp;
  registers.set(arch::kRsp, stack.address());
  registers.set(arch::kRbp, stack.address() + 8);
  registers.set(arch::kRip, 0x40100b);
  StackMemory reads(stack.address());
  return evaluate(memory.put(bytes), static_cast<uint32_t>(bytes.size()), registers, reads, initial,
                  value);
}

std::optional<int64_t> value_of(const Bytes& bytes) {
  uint64_t value;
  if (run(bytes, &value) != Evaluation::kOk) return {};
  return static_cast<int64_t>(value);
}

bool is_bad(const Bytes& bytes) {
  uint64_t value;
  return run(bytes, &value) == Evaluation::kBad;
}

// The operation `op` on two small signed numbers.
std::optional<int64_t> of_two(int8_t a, int8_t b, uint8_t op) {
  return value_of({0x09, static_cast<uint8_t>(a), 0x09, static_cast<uint8_t>(b), op});
}

}  // namespace

TEST_CASE("constants of each size and sign") {
  CHECK(value_of({0x30}) == 0);
  CHECK(value_of({0x4f}) == 31);
  CHECK(value_of({0x08, 0xff}) == 255);
  CHECK(value_of({0x09, 0xff}) == -1);
  CHECK(value_of({0x0a, 0xfe, 0xff}) == 65534);
  CHECK(value_of({0x0b, 0xfe, 0xff}) == -2);
  CHECK(value_of({0x0c, 0xfe, 0xff, 0xff, 0xff}) == 4294967294);
  CHECK(value_of({0x0d, 0xfe, 0xff, 0xff, 0xff}) == -2);
  CHECK(value_of({0x0e, 1, 0, 0, 0, 0, 0, 0, 0x80}) == INT64_MIN + 1);
  CHECK(value_of({0x10, 0xe5, 0x8e, 0x26}) == 624485);
  CHECK(value_of({0x11, 0x7f}) == -1);
}

TEST_CASE("the stack of the evaluator: dup, drop, over, pick, swap") {
  CHECK(value_of({0x35, 0x12, 0x22}) == 10);
  CHECK(value_of({0x35, 0x36, 0x13}) == 5);
  CHECK(value_of({0x35, 0x36, 0x14}) == 5);
  CHECK(value_of({0x35, 0x36, 0x37, 0x15, 2}) == 5);
  CHECK(value_of({0x35, 0x33, 0x16, 0x1c}) == -2);
}

TEST_CASE("arithmetic and comparison are signed where DWARF says so") {
  CHECK(of_two(12, 10, 0x1a) == 8);
  CHECK(of_two(3, 5, 0x1c) == -2);
  CHECK(of_two(-3, 5, 0x1e) == -15);
  CHECK(of_two(12, 3, 0x21) == 15);
  CHECK(of_two(-3, 5, 0x22) == 2);
  CHECK(of_two(3, 4, 0x24) == 48);
  CHECK(of_two(-1, 60, 0x25) == 15);
  CHECK(of_two(-16, 2, 0x26) == -4);
  CHECK(of_two(-16, 127, 0x26) == -1);
  CHECK(of_two(1, 127, 0x24) == 0);
  CHECK(of_two(12, 10, 0x27) == 6);
  CHECK(of_two(-1, 1, 0x29) == 0);
  CHECK(of_two(-1, 1, 0x2a) == 0);
  CHECK(of_two(2, 1, 0x2b) == 1);
  CHECK(of_two(-1, 1, 0x2c) == 1);
  CHECK(of_two(-1, 1, 0x2d) == 1);
  CHECK(of_two(-1, 1, 0x2e) == 1);
  CHECK(value_of({0x09, 0xfb, 0x19}) == 5);
  CHECK(value_of({0x35, 0x1f}) == -5);
  CHECK(value_of({0x30, 0x20}) == -1);
  CHECK(value_of({0x35, 0x23, 0x80, 1}) == 133);
}

TEST_CASE("memory is read in words and in parts of a word, from the stack alone") {
  CHECK(value_of({0x77, 0, 0x06}) == 0x1111222233334444);
  CHECK(value_of({0x77, 16, 0x06}) == 3);
  CHECK(value_of({0x77, 0, 0x94, 4}) == 0x33334444);
  CHECK(value_of({0x77, 4, 0x94, 2}) == 0x2222);
  CHECK(value_of({0x77, 7, 0x94, 1}) == 0x11);
  CHECK(is_bad({0x77, 7, 0x94, 2}));  // across two words
  CHECK(is_bad({0x77, 0, 0x94, 9}));
  CHECK(is_bad({0x77, 0, 0x94, 0}));
  CHECK(is_bad({0x30, 0x06}));
  CHECK(is_bad({0x09, 0xf8, 0x06}));  // the last word of all addresses
  CHECK(is_bad({0x0c, 0, 0x10, 0x40, 0, 0x06}));
}

TEST_CASE("registers are known or asked for") {
  CHECK(value_of({0x76, 8, 0x77, 0, 0x1c}) == 16);
  CHECK(value_of({0x92, 16, 0}) == 0x40100b);
  uint64_t value;
  CHECK(run({0x73, 0}, &value) == Evaluation::kNeedsRegister);
  CHECK(run({0x92, 40, 0}, &value) == Evaluation::kNeedsRegister);
}

TEST_CASE("branches go both ways and stay inside") {
  CHECK(value_of({0x31, 0x28, 1, 0, 0x35, 0x37}) == 7);
  CHECK(value_of({0x30, 0x28, 2, 0, 0x35, 0x2f, 1, 0, 0x36}) == 5);
  CHECK(value_of({0x35, 0x2f, 0, 0}) == 5);
  CHECK(is_bad({0x35, 0x2f, 1, 0}));
  CHECK(is_bad({0x35, 0x2f, 0xfb, 0xff}));
}

TEST_CASE("an endless expression ends") {
  CHECK(is_bad({0x35, 0x2f, 0xfd, 0xff}));
}

TEST_CASE("the CFA of a PLT entry depends on how far it got") {
  // breg7+8, breg16+0, lit15, and, lit11, ge, lit3, shl, plus: at rip 0x...b the push is done.
  const Bytes plt = {0x77, 8, 0x80, 0, 0x3f, 0x1a, 0x3b, 0x2a, 0x33, 0x24, 0x22};
  CHECK(value_of(plt) == static_cast<int64_t>(stack.address() + 16));
  Bytes before = plt;
  before[6] = 0x3c;  // as if the push came one byte later
  CHECK(value_of(before) == static_cast<int64_t>(stack.address() + 8));
}

TEST_CASE("a register's rule begins with the CFA on the stack") {
  const uint64_t cfa = 1000;
  uint64_t value;
  CHECK(run({0x38, 0x1c}, &value, &cfa) == Evaluation::kOk);
  CHECK(value == 992);
}

TEST_CASE("too much, too little and unknown is bad") {
  CHECK(is_bad({}));
  CHECK(is_bad({0x22}));
  CHECK(is_bad({0x35, 0x22}));
  CHECK(is_bad(Bytes(17, 0x31)));
  CHECK(value_of(Bytes(16, 0x31)) == 1);
  CHECK(is_bad({0x35, 0x15, 1}));
  CHECK(is_bad({0xe0}));
  CHECK(is_bad({0x0c, 1, 2}));
}
