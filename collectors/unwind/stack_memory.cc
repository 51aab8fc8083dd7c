#include "collectors/unwind/stack_memory.h"

#include <sys/syscall.h>
#include <sys/uio.h>

#include "collectors/unwind/loader.h"
#include "env/sys/arch.h"
#include "env/sys/thread_state.h"

namespace {

constexpr uint64_t kPage = 4096;
// What a signal leaves untouched below the stack pointer. The rules of an epilogue read there: a
// register that has been popped is still said to be where it was saved.
constexpr uint64_t kRedZone = 128;

// Valgrind reports a `how` that it does not know, and a mask with bytes that were never written.
// Containers may forbid this call, so that it is not the one for all programs.
bool copies_a_byte(uint64_t address) {
  char byte;
  iovec ours = {&byte, 1};
  iovec asked = {reinterpret_cast<void*>(address), 1};
  return arch::syscall(SYS_process_vm_readv, arch::syscall(SYS_getpid), &ours, 1L, &asked, 1L,
                       0L) == 1;
}

}  // namespace

// rt_sigprocmask reads the new mask before it looks at `how`: EFAULT for what cannot be read,
// EINVAL for what can. It changes nothing in either case.
bool StackMemory::is_readable(uint64_t address) {
  constexpr long kNoSuchHow = ~0;
  constexpr long kInvalid = -22;
  if (UNLIKELY(loader::is_valgrind())) return copies_a_byte(address);
  return arch::syscall(SYS_rt_sigprocmask, kNoSuchHow, address & ~(kPage - 1), 0L, 8L) == kInvalid;
}

StackMemory::StackMemory(uint64_t sp) : own_{thread_state.stack_low, thread_state.stack_high} {
  enter(sp);
}

void StackMemory::enter(uint64_t sp) {
  if (distance_ != 0 || !is_of_thread(sp)) return enter_unproven(sp);
  low_ = sp < kRedZone ? 0 : sp - kRedZone;
  if (low_ < own_.low) low_ = own_.low;
  high_ = own_.high;
  probes_left_ = 0;
}

// Nothing is known of this stack, not even that sp points to memory.
void StackMemory::enter_unproven(uint64_t sp) {
  if (distance_ != 0) {  // of a copy there is no more
    low_ = high_ = 0;
    return;
  }
  low_ = sp < kRedZone ? 0 : sp - kRedZone;
  high_ = low_ & ~(kPage - 1);
  probes_left_ = kMaxProbes;
  const uint64_t page = sp & ~(kPage - 1);
  if (high_ != page && !extend(low_)) low_ = high_ = page;  // the red zone ends at the stack's end
}

bool StackMemory::extend(uint64_t address) {
  while (address >= high_) {
    if (probes_left_ == 0 || high_ + kPage < high_ || !is_readable(high_)) return false;
    probes_left_--;
    high_ += kPage;
  }
  return true;
}
