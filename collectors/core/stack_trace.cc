#include "collectors/core/stack_trace.h"

#include "collectors/core/libunwind_backend.h"
#include "collectors/core/objects.h"
#include "collectors/core/row_cache.h"
#include "collectors/core/walk.h"
#include "env/safe/tables.h"
#include "env/safe/thread_state.h"

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

// A thread tries the same one first each time: there its last walk is, if nobody took it since.
BorrowedBuffer::BorrowedBuffer(uint64_t self) : buffer_(nullptr) {
  const uint64_t first = self * 0x9e3779b97f4a7c15u >> 32;
  for (unsigned i = 0; i < kBuffers; i++) {
    WalkBuffer& buffer = buffers[(first + i) % kBuffers];
    uint64_t nobody = 0;
    // Acquire: pairs with the release of the last borrower.
    if (buffer.owner.load(std::memory_order_relaxed) == 0 &&
        buffer.owner.compare_exchange_strong(nobody, self, std::memory_order_acquire)) {
      buffer_ = &buffer;
      return;
    }
  }
}

BorrowedBuffer::~BorrowedBuffer() {
  if (buffer_ != nullptr) buffer_->owner.store(0, std::memory_order_release);
}

namespace stack_trace {

void set_depth(unsigned depth) {
  depth_kept = depth;
}

// The forking thread's own may be in use: where it forked in a handler that interrupted a walk.
void free_buffers_of_others() {
  for (WalkBuffer& buffer : buffers) {
    if (buffer.owner != arch::thread_pointer()) buffer.owner = 0;
  }
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

void capture_stranger(const void* context, WalkBuffer& buffer) {
  walk_context(context, StackMemory(stack_pointer_of(context), {}), buffer);
}

}  // namespace stack_trace
