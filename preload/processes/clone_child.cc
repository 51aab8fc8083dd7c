#include "preload/processes/clone_child.h"

#include <linux/futex.h>
#include <sched.h>
#include <sys/syscall.h>
#include <time.h>

#include "env/sys/own_process.h"

// rdi flags, rsi stack with work and argument on top, rdx parent_tid, rcx child_tid.
extern "C" __attribute__((visibility("hidden"))) long profiler_clone(unsigned long flags,
                                                                     void* stack, void* parent_tid,
                                                                     void* child_tid);

asm(R"(
  .pushsection .text
  .globl profiler_clone
  .hidden profiler_clone
  .type profiler_clone, @function
profiler_clone:
  .cfi_startproc
  mov %rcx, %r10
  xor %r8d, %r8d
  mov $56, %eax
  syscall
  test %rax, %rax
  jz 1f
  ret
1:
  .cfi_undefined %rip
  xor %ebp, %ebp
  pop %rax
  pop %rdi
  call *%rax
  mov %eax, %edi
  mov $60, %eax
  syscall
  hlt
  .cfi_endproc
  .size profiler_clone, .-profiler_clone
  .popsection
)");

static_assert(SYS_clone == 56 && SYS_exit == 60);

namespace clone_child {

long start(int (*work)(void*), char* stack_end, unsigned long flags, void* argument,
           void* parent_tid, void* child_tid) {
  // Popped by the child: then its stack is aligned for the call.
  void** top = reinterpret_cast<void**>(stack_end) - 2;
  top[0] = reinterpret_cast<void*>(work);
  top[1] = argument;
  return profiler_clone(flags | CLONE_UNTRACED, top, parent_tid, child_tid);
}

bool wait_while(std::atomic<uint32_t>& word, uint32_t value, uint64_t limit_ns) {
  const uint64_t end = process::monotonic_ns() + limit_ns;
  while (word.load(std::memory_order_acquire) == value) {
    const uint64_t now = process::monotonic_ns();
    if (now >= end) return false;
    const timespec left{static_cast<time_t>((end - now) / 1000000000),
                        static_cast<long>((end - now) % 1000000000)};
    // A shared futex: the kernel's wake at the end of a thread is one.
    arch::syscall(SYS_futex, &word, FUTEX_WAIT, value, &left, 0L, 0);
  }
  return true;
}

}  // namespace clone_child
