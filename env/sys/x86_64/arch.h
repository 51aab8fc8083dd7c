// All that is particular to the processor: system calls, the registers of a context, jumps.
// A port to another processor is a copy of this directory (env/sys/arch.h).
#pragma once

#include <ucontext.h>
#include <cstdint>

namespace arch {

// A system call that touches neither errno nor any interposer, and is no cancellation point.
// Returns the kernel's value: -errno on failure. Context: any.
inline long syscall6(long number, long a, long b, long c, long d, long e, long f) {
  long result;
  register long r10 asm("r10") = d;
  register long r8 asm("r8") = e;
  register long r9 asm("r9") = f;
  asm volatile("syscall"
               : "=a"(result)
               : "a"(number), "D"(a), "S"(b), "d"(c), "r"(r10), "r"(r8), "r"(r9)
               : "rcx", "r11", "memory");
  return result;
}

template <typename T>
inline long word(T value) {
  return (long)(value);  // pointers and integers alike
}

template <typename... Args>
inline long syscall(long number, Args... args) {
  static_assert(sizeof...(Args) <= 6);
  const long a[6] = {word(args)...};
  return syscall6(number, a[0], a[1], a[2], a[3], a[4], a[5]);
}

// True for what a system call returns when it fails; mmap's addresses are none. Context: any.
inline bool is_error(long result) {
  return result < 0 && result > -4096;
}

// The registers that a stack walk starts from, by DWARF number.
constexpr unsigned kRegisterCount = 17;
constexpr unsigned kRbx = 3, kRbp = 6, kRsp = 7, kRip = 16;

struct Registers {
  uint64_t value[kRegisterCount];
};

// Context: signal handler, with its third argument.
inline Registers registers_of(const void* context) {
  const greg_t* g = static_cast<const ucontext_t*>(context)->uc_mcontext.gregs;
  const int order[kRegisterCount] = {REG_RAX, REG_RDX, REG_RCX, REG_RBX, REG_RSI, REG_RDI,
                                     REG_RBP, REG_RSP, REG_R8,  REG_R9,  REG_R10, REG_R11,
                                     REG_R12, REG_R13, REG_R14, REG_R15, REG_RIP};
  Registers r;
  for (unsigned i = 0; i < kRegisterCount; i++) r.value[i] = static_cast<uint64_t>(g[order[i]]);
  return r;
}

// True for a byte above 0 that other threads write: one relaxed look, compared in memory (compilers
// take an atomic into a register first). Context: any.
inline bool is_set(const uint8_t& byte) {
  bool result;
  asm volatile("cmpb $0, %1" : "=@ccne"(result) : "m"(byte));
  return result;
}

// The thread control block: above the stack of every thread that the threads library made.
inline uint64_t thread_pointer() {
  uint64_t p;
  asm("mov %%fs:0, %0" : "=r"(p));
  return p;
}

inline void pause() {
  asm volatile("pause");
}

}  // namespace arch
