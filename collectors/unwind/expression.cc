#include "collectors/unwind/expression.h"

#include "collectors/unwind/dwarf_names.h"
#include "collectors/unwind/eh_frame.h"

namespace {

using namespace dwarf;

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
    if (op >= DW_OP_lit0 && op <= DW_OP_lit31) return push(op - DW_OP_lit0);
    if (op >= DW_OP_breg0 && op <= DW_OP_breg31) return based(op - DW_OP_breg0);
    switch (op) {
      case DW_OP_deref:
        return dereference(8);
      case DW_OP_deref_size:
        return dereference(r_.read<uint8_t>());
      case DW_OP_addr:
      case DW_OP_const8u:
      case DW_OP_const8s:
        return push(r_.read<uint64_t>());
      case DW_OP_const1u:
        return push(r_.read<uint8_t>());
      case DW_OP_const1s:
        return push(static_cast<uint64_t>(int64_t{r_.read<int8_t>()}));
      case DW_OP_const2u:
        return push(r_.read<uint16_t>());
      case DW_OP_const2s:
        return push(static_cast<uint64_t>(int64_t{r_.read<int16_t>()}));
      case DW_OP_const4u:
        return push(r_.read<uint32_t>());
      case DW_OP_const4s:
        return push(static_cast<uint64_t>(int64_t{r_.read<int32_t>()}));
      case DW_OP_constu:
        return push(r_.uleb());
      case DW_OP_consts:
        return push(static_cast<uint64_t>(r_.sleb()));
      case DW_OP_dup:
        return pick(0);
      case DW_OP_drop:
        pop();
        return;
      case DW_OP_over:
        return pick(1);
      case DW_OP_pick:
        return pick(r_.read<uint8_t>());
      case DW_OP_swap:
        return swap();
      case DW_OP_abs:
        return push(magnitude(pop()));
      case DW_OP_neg:
        return push(0 - pop());
      case DW_OP_not:
        return push(~pop());
      case DW_OP_plus_uconst:
        return push(pop() + r_.uleb());
      case DW_OP_bra:
        return branch(true);
      case DW_OP_skip:
        return branch(false);
      case DW_OP_bregx:
        return based(r_.uleb());
      case DW_OP_nop:
        return;
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
      case DW_OP_and:
        return push(a & b);
      case DW_OP_minus:
        return push(a - b);
      case DW_OP_mul:
        return push(a * b);
      case DW_OP_or:
        return push(a | b);
      case DW_OP_plus:
        return push(a + b);
      case DW_OP_shl:
        return push(b < 64 ? a << b : 0);
      case DW_OP_shr:
        return push(b < 64 ? a >> b : 0);
      case DW_OP_shra:
        return push(static_cast<uint64_t>(sa >> (b < 64 ? b : 63)));
      case DW_OP_xor:
        return push(a ^ b);
      case DW_OP_eq:
        return push(a == b);
      case DW_OP_ge:
        return push(sa >= sb);
      case DW_OP_gt:
        return push(sa > sb);
      case DW_OP_le:
        return push(sa <= sb);
      case DW_OP_lt:
        return push(sa < sb);
      case DW_OP_ne:
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
