#include "collectors/unwind/epilogue.h"

#include "env/sys/arch.h"

namespace {

using arch::kRbp;

struct Reader {
  const uint8_t* at;
  const uint8_t* end;

  template <size_t count>
  bool take(const uint8_t (&bytes)[count]) {
    if (static_cast<size_t>(end - at) < count) return false;
    if (__builtin_memcmp(at, bytes, count) != 0) return false;
    at += count;
    return true;
  }
  template <typename T>
  bool number(T* value) {
    if (static_cast<size_t>(end - at) < sizeof *value) return false;
    __builtin_memcpy(value, at, sizeof *value);
    at += sizeof *value;
    return true;
  }
  // The register of a pop; none: kRegisterCount.
  unsigned popped() {
    constexpr uint8_t kDwarf[16] = {0, 2, 1, 3, 7, 6, 4, 5, 8, 9, 10, 11, 12, 13, 14, 15};
    const bool is_high = end - at >= 2 && at[0] == 0x41;
    const uint8_t* opcode = is_high ? at + 1 : at;
    if (opcode == end || (*opcode & 0xf8) != 0x58) return arch::kRegisterCount;
    at = opcode + 1;
    return kDwarf[(*opcode & 7) + (is_high ? 8 : 0)];
  }
};

constexpr uint8_t kReturn[] = {0xc3}, kRepReturn[] = {0xf3, 0xc3}, kNop[] = {0x90};
constexpr uint8_t kEndBranch[] = {0xf3, 0x0f, 0x1e, 0xfa}, kZeroUpper[] = {0xc5, 0xf8, 0x77};
constexpr uint8_t kAddByte[] = {0x48, 0x83, 0xc4}, kAddWord[] = {0x48, 0x81, 0xc4};
constexpr uint8_t kLeaSp[] = {0x48, 0x8d, 0x64, 0x24}, kLeaFp[] = {0x48, 0x8d, 0x65};
constexpr uint8_t kMoveFp[] = {0x48, 0x89, 0xec}, kLeave[] = {0xc9};

struct State {
  Epilogue& epilogue;
  int64_t sp = 0;  // the stack pointer's distance from where it began, or from rbp

  bool pop(unsigned reg) {
    if (reg == arch::kRsp) return false;
    if (reg == kRbp) epilogue.fp_at = static_cast<uint64_t>(sp);
    epilogue.restored |= uint32_t{1} << reg;
    sp += 8;
    return true;
  }
  // Meaningless once rbp is the caller's.
  bool begin_at_fp(int64_t distance) {
    if ((epilogue.restored >> kRbp & 1) != 0) return false;
    epilogue.from_fp = true;
    sp = distance;
    return true;
  }
  bool add(int64_t bytes) {
    sp += bytes;
    return bytes > 0;
  }
};

// False where the instruction does something else.
bool follow(Reader& code, State& state) {
  int8_t byte;
  int32_t word;
  if (code.take(kNop) || code.take(kEndBranch) || code.take(kZeroUpper)) return true;
  if (code.take(kAddByte) || code.take(kLeaSp)) return code.number(&byte) && state.add(byte);
  if (code.take(kAddWord)) return code.number(&word) && state.add(word);
  if (code.take(kLeaFp)) return code.number(&byte) && state.begin_at_fp(byte);
  if (code.take(kMoveFp)) return state.begin_at_fp(0);
  if (code.take(kLeave)) return state.begin_at_fp(0) && state.pop(kRbp);
  const unsigned reg = code.popped();
  return reg != arch::kRegisterCount && state.pop(reg);
}

}  // namespace

bool read_epilogue(const uint8_t* code, size_t size, Epilogue* epilogue) {
  *epilogue = {false, 0, Epilogue::kNone, 0};
  Reader reader{code, code + size};
  State state{*epilogue};
  for (;;) {
    if (reader.take(kReturn) || reader.take(kRepReturn)) break;
    if (!follow(reader, state)) return false;
  }
  epilogue->return_at = static_cast<uint64_t>(state.sp);
  return true;
}
