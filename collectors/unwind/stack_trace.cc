#include "collectors/unwind/stack_trace.h"

#include <sys/syscall.h>

#include "collectors/threads/threads.h"
#include "collectors/unwind/libunwind_backend.h"
#include "collectors/unwind/object_slots.h"
#include "collectors/unwind/objects.h"
#include "collectors/unwind/row_cache.h"
#include "collectors/unwind/walk.h"
#include "env/sys/thread_state.h"
#include "tables/tables.h"

namespace {

// Walks at one time: threads that are preempted in the middle of one keep theirs, so more than
// there are processors.
constexpr unsigned kBuffers = 64;

constinit WalkBuffer buffers[kBuffers]{};
constinit RowCache cache{};
unsigned depth_kept = 128;

void finish(WalkEnd end, StackTrace& trace) {
  trace.flags = 0;
  switch (end) {
    case WalkEnd::kComplete:
      return;
    case WalkEnd::kTruncated:
      trace.flags = layout::kStackTruncated;
      return tables::count(layout::kTruncatedStacks);
    case WalkEnd::kUnknownCode:
      trace.flags = layout::kStackUnknown;
      return tables::count(layout::kUnknownCode);
    default:
      trace.flags = layout::kStackUnknown;
      return tables::count(layout::kUnwindFailures);
  }
}

void capture_by_libunwind(const void* context, WalkBuffer& buffer) {
  Guard guard;  // it allocates
  const bool whole = libunwind_backend::capture(context, depth_kept, buffer.trace);
  finish(whole ? WalkEnd::kComplete : WalkEnd::kTruncated, buffer.trace);
}

uint64_t stack_pointer_of(const void* context) {
  return arch::registers_of(context).value[arch::kRsp];
}

void walk_context(const void* context, const StackMemory& memory, WalkBuffer& buffer) {
  constexpr uint32_t kAll = (uint32_t{1} << arch::kRegisterCount) - 1;
  buffer.registers = {arch::registers_of(context), kAll};
  WalkEnd end = Walk(buffer, cache, depth_kept, true, true, memory).run();
  if (UNLIKELY(end == WalkEnd::kNeedsRegister)) {
    buffer.registers = {arch::registers_of(context), kAll};
    end = Walk(buffer, cache, depth_kept, true, false, memory).run();
  }
  finish(end, buffer.trace);
}

}  // namespace

namespace {

// A thread tries the same one first each time: there its last walk is, if no other thread took it
// since.
ALWAYS_INLINE WalkBuffer& nth_of(int32_t tid, unsigned n) {
  const uint64_t first = static_cast<uint64_t>(tid) * 0x9e3779b97f4a7c15u >> 32;
  return buffers[(first + n) % kBuffers];
}

// One buffer is asked for each walk that finds none, so that a lost sample stays cheap.
WalkBuffer* taken_from_ended(int32_t tid, uint64_t here) {
  static std::atomic<uint32_t> turns;
  WalkBuffer& buffer = buffers[turns.fetch_add(1, std::memory_order_relaxed) % kBuffers];
  return buffer.hold.take_from_ended(tid, here) ? &buffer : nullptr;
}

COLD NOINLINE WalkBuffer* any_taken(int32_t tid, uint64_t here) {
  using Taken = frames::Hold::Taken;
  for (unsigned i = 0; i < kBuffers; i++) {
    WalkBuffer& buffer = nth_of(tid, i);
    const Taken taken = buffer.hold.take(tid, here);
    // A jump out of a walk may have left the slots of objects as well.
    if (taken == Taken::kWasLeft) object_slots::give_up_left(tid, here);
    if (taken != Taken::kNot) return &buffer;
  }
  return taken_from_ended(tid, here);
}

}  // namespace

BorrowedBuffer::BorrowedBuffer() {
  const int32_t tid = threads::own_number();
  const auto here = reinterpret_cast<uint64_t>(this);
  WalkBuffer& first = nth_of(tid, 0);
  buffer_ = LIKELY(first.hold.take_if_free(tid, here)) ? &first : any_taken(tid, here);
}

BorrowedBuffer::BorrowedBuffer(int32_t tid) : buffer_(nullptr) {
  for (unsigned i = 0; i < kBuffers && buffer_ == nullptr; i++) {
    WalkBuffer& buffer = nth_of(tid, i);
    if (buffer.hold.take_if_free(tid, frames::Hold::kNeverLeft)) buffer_ = &buffer;
  }
}

BorrowedBuffer::~BorrowedBuffer() {
  if (buffer_ != nullptr) buffer_->hold.let_go();
}

namespace stack_trace {

void set_depth(unsigned depth) {
  depth_kept = depth;
}

// The forking thread's own may be in use: where it forked in a handler that interrupted a walk.
void free_buffers_of_others(int32_t before) {
  const auto now = static_cast<int32_t>(arch::syscall(SYS_gettid));
  for (WalkBuffer& buffer : buffers) buffer.hold.forked(before, now);
}

void forget_code() {
  cache.clear();
}

void capture_caller(const Caller& caller, const KnownRegisters& below, WalkBuffer& buffer) {
  if (UNLIKELY(libunwind_backend::is_loaded())) return capture_by_libunwind(nullptr, buffer);
  buffer.registers.known = 0;
  buffer.registers.set(arch::kRip, caller.return_address);
  buffer.registers.set(arch::kRsp, caller.sp);
  buffer.registers.set(arch::kRbp, caller.fp);
  WalkEnd end = Walk(buffer, cache, depth_kept, false, true).run();
  if (UNLIKELY(end == WalkEnd::kNeedsRegister)) {
    buffer.registers = below;
    end = Walk(buffer, cache, depth_kept, true, false).run();
  }
  finish(end, buffer.trace);
}

void put_on_top(StackTrace& trace, uint64_t function) {
  if (objects::is_own(function)) return;
  if (trace.depth == depth_kept) {
    trace.depth--;
    trace.flags |= layout::kStackTruncated;
  }
  for (uint32_t i = trace.depth; i > 0; i--) trace.pc[i] = trace.pc[i - 1];
  trace.pc[0] = function;
  trace.depth++;
  objects::find(function);  // enters its object in the tables, so that it gets its name
}

void capture_copy(const Caller& at, bool fp_is_known, const void* copy, uint64_t size,
                  WalkBuffer& buffer) {
  buffer.registers.known = 0;
  buffer.registers.set(arch::kRip, at.return_address);
  buffer.registers.set(arch::kRsp, at.sp);
  if (fp_is_known) buffer.registers.set(arch::kRbp, at.fp);
  const StackMemory memory(at.sp, at.sp + (size & ~uint64_t{7}), copy);
  finish(Walk(buffer, cache, depth_kept, false, true, memory).run(), buffer.trace);
}

void capture_context(const void* context, WalkBuffer& buffer) {
  if (UNLIKELY(libunwind_backend::is_loaded())) return capture_by_libunwind(context, buffer);
  walk_context(context, StackMemory(stack_pointer_of(context)), buffer);
}

void capture_raw_thread(const void* context, WalkBuffer& buffer) {
  walk_context(context, StackMemory(stack_pointer_of(context), {}), buffer);
}

}  // namespace stack_trace
