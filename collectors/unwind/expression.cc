#include "collectors/unwind/expression.h"

#include "collectors/unwind/eh_frame.h"

namespace {

constexpr unsigned kMaxStack = 16;
constexpr unsigned kMaxOperations = 128;

class Machine {
 public:
  Machine(const uint8_t* expression, uint32_t size, const KnownRegisters& registers,
          StackMemory& memory)
      : begin_(expression),
        r_{expression, expression + size},
        registers_(registers),
        memory_(memory) {}

  Evaluation run(const uint64_t* initial, uint64_t* result) {
    if (initial != nullptr) push(*initial);
    for (unsigned i = 0; i < kMaxOperations && !r_.done(); i++) {
      step(r_.read<uint8_t>());
      if (r_.failed || bad_) return needs_register_ ? Evaluation::kNeedsRegister : Evaluation::kBad;
    }
    *result = pop();
    return bad_ || !r_.done() ? Evaluation::kBad : Evaluation::kOk;
  }

 private:
  void push(uint64_t value) {
    if (depth_ == kMaxStack) {
      bad_ = true;
    } else {
      stack_[depth_++] = value;
    }
  }

  uint64_t pop() {
    if (depth_ == 0) {
      bad_ = true;
      return 0;
    }
    return stack_[--depth_];
  }

  void pick(uint64_t index) {
    if (index >= depth_) {
      bad_ = true;
    } else {
      push(stack_[depth_ - 1 - index]);
    }
  }

  void step(uint8_t op) {
    if (op >= 0x30 && op <= 0x4f) return push(op - 0x30);   // lit0..31
    if (op >= 0x70 && op <= 0x8f) return based(op - 0x70);  // breg0..31
    switch (op) {
      case 0x06:
        return dereference(8);
      case 0x94:
        return dereference(r_.read<uint8_t>());
      case 0x03:
      case 0x0e:
      case 0x0f:
        return push(r_.read<uint64_t>());
      case 0x08:
        return push(r_.read<uint8_t>());
      case 0x09:
        return push(static_cast<uint64_t>(int64_t{r_.read<int8_t>()}));
      case 0x0a:
        return push(r_.read<uint16_t>());
      case 0x0b:
        return push(static_cast<uint64_t>(int64_t{r_.read<int16_t>()}));
      case 0x0c:
        return push(r_.read<uint32_t>());
      case 0x0d:
        return push(static_cast<uint64_t>(int64_t{r_.read<int32_t>()}));
      case 0x10:
        return push(r_.uleb());
      case 0x11:
        return push(static_cast<uint64_t>(r_.sleb()));
      case 0x12:
        return pick(0);
      case 0x13:
        pop();
        return;
      case 0x14:
        return pick(1);
      case 0x15:
        return pick(r_.read<uint8_t>());
      case 0x16:
        return swap();
      case 0x19:
        return push(magnitude(pop()));
      case 0x1f:
        return push(0 - pop());
      case 0x20:
        return push(~pop());
      case 0x23:
        return push(pop() + r_.uleb());
      case 0x28:
        return branch(true);
      case 0x2f:
        return branch(false);
      case 0x92:
        return based(r_.uleb());
      case 0x96:
        return;  // nop
      default:
        return binary(op);
    }
  }

  static uint64_t magnitude(uint64_t value) {
    return static_cast<int64_t>(value) < 0 ? 0 - value : value;
  }

  void swap() {
    const uint64_t a = pop();
    const uint64_t b = pop();
    push(a);
    push(b);
  }

  void based(uint64_t reg) {
    const int64_t offset = r_.sleb();
    if (!registers_.has(reg)) {
      bad_ = needs_register_ = true;
      return;
    }
    push(registers_.get(reg) + static_cast<uint64_t>(offset));
  }

  void dereference(uint8_t size) {
    const uint64_t address = pop();
    uint64_t word = 0;
    if (size == 0 || size > 8 || (address & 7) + size > 8 || bad_ ||
        !memory_.load(address & ~uint64_t{7}, &word)) {
      bad_ = true;
      return;
    }
    word >>= (address & 7) * 8;
    push(size == 8 ? word : word & ((uint64_t{1} << (size * 8)) - 1));
  }

  void branch(bool conditional) {
    const int64_t offset = r_.read<int16_t>();
    if (conditional && pop() == 0) return;
    const int64_t target = (r_.at - begin_) + offset;
    if (target < 0 || target > r_.end - begin_) {
      bad_ = true;
    } else {
      r_.at = begin_ + target;
    }
  }

  void binary(uint8_t op) {
    const uint64_t b = pop();
    const uint64_t a = pop();
    const auto sa = static_cast<int64_t>(a);
    const auto sb = static_cast<int64_t>(b);
    switch (op) {
      case 0x1a:
        return push(a & b);
      case 0x1c:
        return push(a - b);
      case 0x1e:
        return push(a * b);
      case 0x21:
        return push(a | b);
      case 0x22:
        return push(a + b);
      case 0x24:
        return push(b < 64 ? a << b : 0);
      case 0x25:
        return push(b < 64 ? a >> b : 0);
      case 0x26:
        return push(static_cast<uint64_t>(sa >> (b < 64 ? b : 63)));
      case 0x27:
        return push(a ^ b);
      case 0x29:
        return push(a == b);
      case 0x2a:
        return push(sa >= sb);
      case 0x2b:
        return push(sa > sb);
      case 0x2c:
        return push(sa <= sb);
      case 0x2d:
        return push(sa < sb);
      case 0x2e:
        return push(a != b);
      default:
        bad_ = true;
    }
  }

  const uint8_t* begin_;
  ByteReader r_;
  const KnownRegisters& registers_;
  StackMemory& memory_;
  uint64_t stack_[kMaxStack];
  unsigned depth_ = 0;
  bool bad_ = false;
  bool needs_register_ = false;
};

}  // namespace

Evaluation evaluate(const uint8_t* expression, uint32_t size, const KnownRegisters& registers,
                    StackMemory& memory, const uint64_t* initial, uint64_t* result) {
  return Machine(expression, size, registers, memory).run(initial, result);
}
