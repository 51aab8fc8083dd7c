// Frames that compilers make. All functions are exported, so each first call is bound lazily.
#include <alloca.h>
#include <setjmp.h>

#include <cstdarg>
#include <cstring>

#include "tests/unit/collectors/unwind/step/targets.h"

#define TARGET __attribute__((noinline, visibility("default")))
#define USED(value) asm volatile("" : : "g"(value) : "memory")

namespace step {

TARGET int leaf(int n) {
  USED(n);
  return n + 1;
}

TARGET int nest(int depth) {
  const int result = depth == 0 ? leaf(depth) : nest(depth - 1);
  USED(result);
  return result + depth;
}

TARGET void nested(const Stacks&) {
  USED(nest(3));
}

TARGET __attribute__((optimize("no-omit-frame-pointer"))) int keep_frame_pointer(int depth) {
  const int result = depth == 0 ? leaf(depth) : keep_frame_pointer(depth - 1);
  USED(result);
  return result + depth;
}

TARGET void with_frame_pointer(const Stacks&) {
  USED(keep_frame_pointer(2) + nest(1));
}

TARGET int use_alloca(int depth) {
  auto* bytes = static_cast<char*>(alloca(static_cast<size_t>(100 + depth * 37)));
  bytes[0] = static_cast<char>(depth);
  USED(bytes);
  const int result = depth == 0 ? leaf(depth) : use_alloca(depth - 1);
  USED(bytes);
  return result;
}

TARGET void with_alloca(const Stacks&) {
  USED(use_alloca(2));
}

TARGET int realign(int depth) {
  alignas(64) volatile char bytes[128];
  bytes[0] = static_cast<char>(depth);
  USED(bytes);
  const int result = depth == 0 ? leaf(depth) : realign(depth - 1);
  USED(bytes);
  return result;
}

TARGET void realigned(const Stacks&) {
  USED(realign(2));
}

// An alignment and a size that is not known: the CFA is found through memory.
TARGET int realign_alloca(int depth) {
  alignas(64) volatile char bytes[64];
  auto* more = static_cast<char*>(alloca(static_cast<size_t>(64 + depth * 16)));
  bytes[0] = more[0] = 1;
  USED(bytes);
  USED(more);
  const int result = depth == 0 ? leaf(depth) : realign_alloca(depth - 1);
  USED(bytes);
  return result;
}

TARGET void realigned_alloca(const Stacks&) {
  USED(realign_alloca(2));
}

// The way out without the registers is taken first: they are saved late.
TARGET int save_registers(int depth, const int* end) {
  if (end == nullptr) return depth;
  asm volatile("" : : : "rbx", "r12", "r13", "r14", "r15");
  const int result = depth == 0 ? leaf(*end) : save_registers(depth - 1, end);
  USED(result);
  return result + *end;
}

TARGET void many_registers(const Stacks&) {
  int n = 7;
  USED(save_registers(2, nullptr));
  USED(save_registers(2, &n));
}

TARGET int fill(int n) {
  volatile char bytes[100 * 1000];
  bytes[0] = static_cast<char>(n);
  USED(bytes);
  return leaf(n) + bytes[0];
}

TARGET void large_frame(const Stacks&) {
  USED(fill(1));
}

TARGET int below_the_stack_pointer(int n) {
  volatile int places[16];
  for (int i = 0; i < 16; i++) places[i] = i * n;
  return places[n & 15];
}

TARGET void red_zone(const Stacks&) {
  USED(below_the_stack_pointer(3));
}

TARGET int choose(int n) {
  switch (n) {
    case 0:
      return leaf(n) * 3;
    case 1:
      return leaf(leaf(n));
    case 2:
      return nest(1) - n;
    case 3:
      return n * 77;
    case 4:
      return below_the_stack_pointer(n);
    case 5:
      return leaf(9) ^ leaf(n);
    default:
      return -1;
  }
}

TARGET void switched(const Stacks&) {
  for (int i = 0; i < 7; i++) USED(choose(i));
}

TARGET __attribute__((cold)) int complain(int n) {
  USED(n);
  return leaf(n) + leaf(n + 1);
}

TARGET int rarely(int n) {
  asm volatile("" : : : "rbx", "r12");
  if (__builtin_expect(n > 5, 0)) {
    n += complain(n);
    USED(n);
    n += complain(n + 1);
    if (n == 0) return n;
  }
  const int result = leaf(n);
  USED(result);
  return result + n;
}

TARGET void cold_split(const Stacks&) {
  USED(rarely(1));
  USED(rarely(9));
}

struct Large {
  long words[9];
};

TARGET Large passed_whole(Large a, int b, int c, int d, int e, int f, int g, int h, int i) {
  a.words[leaf(b) & 7] += c + d + e + f + g + h + i;
  return a;
}

TARGET double total(int count, ...) {
  va_list list;
  va_start(list, count);
  double sum = leaf(count);
  for (int i = 0; i < count; i++) sum += va_arg(list, double);
  va_end(list);
  return sum;
}

TARGET void many_arguments(const Stacks&) {
  const Large large = passed_whole(Large{}, 1, 2, 3, 4, 5, 6, 7, 8);
  USED(large.words[0]);
  USED(total(3, 1.0, 2.0, 3.0));
}

TARGET int odd(int n, int a, int b, int c, int d, int e, int f, int on_stack);

TARGET int even(int n, int a, int b, int c, int d, int e, int f, int on_stack) {
  USED(on_stack);
  if (n == 0) return leaf(1);
  return odd(n - 1, b, a, c, d, e, f, on_stack + leaf(n));
}

TARGET int odd(int n, int a, int b, int c, int d, int e, int f, int on_stack) {
  USED(on_stack);
  if (n == 0) return 0;
  return even(n - 1, b, a, c, d, e, f, on_stack + 2);
}

TARGET void sibling_calls(const Stacks&) {
  USED(even(5, 1, 2, 3, 4, 5, 6, 7));
}

jmp_buf home;

[[noreturn]] TARGET void give_up(int n) {
  USED(leaf(n));
  longjmp(home, 1);
}

// Its last instruction is a call: the return address belongs to the next function.
TARGET int never_comes_back(int n) {
  alignas(32) volatile char bytes[32];
  bytes[0] = static_cast<char>(leaf(n));
  USED(bytes);
  give_up(n);
}

TARGET void noreturn_at_end(const Stacks&) {
  if (setjmp(home) == 0) never_comes_back(1);
  USED(leaf(2));
}

__attribute__((visibility("default"))) thread_local int of_this_thread = 5;

TARGET void thread_local_dynamic(const Stacks&) {
  USED(leaf(of_this_thread));
  of_this_thread++;
  USED(leaf(of_this_thread));
}

}  // namespace step
