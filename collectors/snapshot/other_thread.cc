#include "collectors/snapshot/other_thread.h"

#include <sys/syscall.h>
#include <sys/uio.h>

#include "collectors/unwind/stack_table.h"
#include "env/sys/arch.h"
#include "tables/tables.h"

namespace other_thread {

namespace {

// A stack that reaches farther up is cut.
constexpr uint64_t kMost = 256 * 1024;
constexpr uint64_t kPage = 4096;
alignas(16) char copy[kMost];

// As much of [from, from + kMost) as there is; 0 if the kernel refuses.
uint64_t copy_from(uint64_t from) {
  const iovec to{copy, kMost};
  iovec parts[kMost / kPage + 1];
  // A part that is not mapped ends the reading at its start, so each page is one.
  unsigned count = 0;
  for (uint64_t at = from; at < from + kMost && count < sizeof parts / sizeof *parts; count++) {
    const uint64_t next = (at & ~(kPage - 1)) + kPage;
    const uint64_t end = next < from + kMost ? next : from + kMost;
    parts[count] = {reinterpret_cast<void*>(at), end - at};
    at = end;
  }
  const long pid = arch::syscall(SYS_getpid);
  const long size = arch::syscall(SYS_process_vm_readv, pid, &to, 1, parts, count, 0);
  return size > 0 ? static_cast<uint64_t>(size) : 0;
}

// 0 if it cannot be taken.
layout::Ref walk_copy(const Caller& at, bool fp_is_known, uint64_t size, uint64_t function) {
  BorrowedBuffer buffer;
  if (size == 0 || !buffer) return 0;
  stack_trace::capture_copy(at, fp_is_known, copy, size, *buffer);
  if (function != 0) stack_trace::put_on_top((*buffer).trace, function);
  return stack_table::intern((*buffer).trace);
}

}  // namespace

bool waiting(const Thread& thread, bool with_function, Waiting* out) {
  const waits::Published& now = waits::of(thread).now;
  // Acquire: pairs with the release of the kind, the rest was written before.
  const uint32_t kind = now.kind.load(std::memory_order_acquire);
  if (kind == 0) return false;
  const Caller at{now.return_address.load(std::memory_order_relaxed),
                  now.sp.load(std::memory_order_relaxed), now.fp.load(std::memory_order_relaxed)};
  const uint64_t function = now.function.load(std::memory_order_relaxed);
  out->kind = static_cast<waits::Kind>(kind);
  out->start_ns = now.start_ns.load(std::memory_order_relaxed);
  const uint64_t size = copy_from(at.sp);
  // What was copied is the stack of this wait if the wait is still the same (short ones in a row
  // may have one start).
  std::atomic_thread_fence(std::memory_order_acquire);
  if (now.kind.load(std::memory_order_relaxed) != kind ||
      now.start_ns.load(std::memory_order_relaxed) != out->start_ns ||
      now.return_address.load(std::memory_order_relaxed) != at.return_address ||
      now.sp.load(std::memory_order_relaxed) != at.sp) {
    return false;
  }
  out->stack = walk_copy(at, true, size, with_function ? function : 0);
  return true;
}

bool standing(int tid, const blocked_call::Call& call, layout::Ref* stack) {
  const uint64_t size = copy_from(call.sp);
  blocked_call::Call now;
  if (blocked_call::of_thread(tid, &now) != blocked_call::Answer::kBlocked || !(now == call)) {
    return false;
  }
  *stack = walk_copy({call.pc, call.sp, 0}, false, size, 0);
  return true;
}

Place place_in_kernel(int tid) {
  blocked_call::Call call;
  layout::Ref stack = 0;
  const bool stands = blocked_call::of_thread(tid, &call) == blocked_call::Answer::kBlocked &&
                      standing(tid, call, &stack);
  return stands ? Place{stack, tables::text(blocked_call::state_of(call.number))} : Place{};
}

}  // namespace other_thread
