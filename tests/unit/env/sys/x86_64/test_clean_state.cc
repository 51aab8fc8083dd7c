// What stands in a function of its own, as the compiler moves arithmetic across the instructions
// that change the state.
#include "env/sys/arch.h"

#include <catch2/catch.hpp>
#include <cstdint>

namespace {

constexpr uint32_t kDefault = 0x1f80, kRoundDown = 0x2000, kFlushToZero = 0x8040;
constexpr uint64_t kAlignmentCheck = 1 << 18;

NOINLINE double third(double one) {
  return one / 3;
}

NOINLINE double halved(double x) {
  return x * 0.5;
}

NOINLINE uint64_t flags() {
  uint64_t value;
  asm volatile("lea -128(%%rsp), %%rsp\n\tpushfq\n\tpop %0\n\tlea 128(%%rsp), %%rsp"
               : "=r"(value)
               :
               : "memory");
  return value;
}

NOINLINE void set_flags(uint64_t value) {
  asm volatile("lea -128(%%rsp), %%rsp\n\tpush %0\n\tpopfq\n\tlea 128(%%rsp), %%rsp"
               :
               : "r"(value)
               : "memory", "cc");
}

NOINLINE uint32_t word_at(const char* bytes) {
  uint32_t word;
  asm volatile("mov %1, %0" : "=r"(word) : "m"(*bytes) : "memory");
  return word;
}

struct Seen {
  double third, tiny;
  uint32_t inside, after;
};

// Computes under a host's MXCSR, which is the test's own again before anything is checked.
NOINLINE Seen under(uint32_t host) {
  Seen seen{};
  const uint32_t own = __builtin_ia32_stmxcsr();
  __builtin_ia32_ldmxcsr(host);
  {
    const arch::CleanState clean;
    seen.inside = __builtin_ia32_stmxcsr();
    seen.third = third(1);
    seen.tiny = halved(0x1p-1022);
  }
  seen.after = __builtin_ia32_stmxcsr();
  __builtin_ia32_ldmxcsr(own);
  return seen;
}

}  // namespace

TEST_CASE("arithmetic is the default's whatever the host has set, and the host's is back after") {
  const Seen plain = under(kDefault);
  for (const uint32_t host :
       {kDefault | kRoundDown, kDefault | kFlushToZero, 0u, kRoundDown, kDefault | 0x3f, 0x0001u}) {
    INFO(host);
    const Seen seen = under(host);
    CHECK(seen.third == plain.third);
    CHECK(seen.tiny == 0x1p-1023);
    CHECK(seen.after == host);
  }
}

TEST_CASE("flags that our arithmetic raises are not left behind") {
  const Seen seen = under(kDefault);
  CHECK(seen.inside == kDefault);
  CHECK(seen.after == kDefault);
}

TEST_CASE("an unaligned access is none that traps, and traps again after") {
  alignas(8) const char bytes[16] = "0123456789";
  const uint64_t own = flags();
  set_flags(own | kAlignmentCheck);
  uint32_t word = 0;
  {
    const arch::CleanState clean;
    word = word_at(bytes + 1);
  }
  const uint64_t after = flags();
  set_flags(own);
  CHECK(word == 0x34333231);
  CHECK((after & kAlignmentCheck) != 0);
}
