#include "collectors/unwind/capture.h"

#include "collectors/unwind/libunwind_backend.h"
#include "collectors/unwind/objects.h"
#include "collectors/unwind/stack_table.h"

namespace capture {

namespace {

struct Request {
  WalkBuffer* buffer;
  const void* context;
  layout::Ref result;
};

void fulfil(void* of) {
  Request& request = *static_cast<Request*>(of);
  stack_trace::capture_context(request.context, *request.buffer);
  request.result = stack_table::intern(request.buffer->trace);
}

void fulfil_for_raw_thread(void* of) {
  Request& request = *static_cast<Request*>(of);
  stack_trace::capture_raw_thread(request.context, *request.buffer);
  request.result = stack_table::intern(request.buffer->trace);
}

void leave_out(StackTrace& trace, uint32_t skip) {
  if (skip > trace.depth) skip = trace.depth;
  trace.depth -= skip;
  __builtin_memmove(trace.pc, trace.pc + skip, trace.depth * sizeof trace.pc[0]);
}

// Does not run on a stack of ours: signals are open here, and a handler of the host's that came
// meanwhile would run there; or, where the host is in a handler on its alternate stack, the kernel
// would begin the next one at that stack's top, over the frames of the first.
NOINLINE layout::Ref walked(const Caller& caller, uint64_t function, uint32_t skip) {
  BorrowedBuffer buffer;
  if (!buffer) return 0;
  KnownRegisters below;
  stack_trace::take_registers_here(below);
  stack_trace::capture_caller(caller, below, *buffer);
  StackTrace& trace = (*buffer).trace;
  if (function != 0) stack_trace::put_on_top(trace, function);
  if (UNLIKELY(skip != 0)) leave_out(trace, skip);
  return stack_table::intern(trace);
}

}  // namespace

layout::Ref caller(const Caller& caller) {
  return walked(caller, 0, 0);
}

layout::Ref caller(const Caller& caller, uint64_t function) {
  return walked(caller, function, 0);
}

layout::Ref caller_beyond(const Caller& caller, uint32_t skip) {
  return walked(caller, 0, skip);
}

layout::Ref context(const void* context) {
  BorrowedBuffer buffer;
  if (!buffer) return 0;
  Request request{&*buffer, context, 0};
  if (UNLIKELY(libunwind_backend::is_loaded())) {
    fulfil(&request);  // it needs more stack than ours; programs that choose it have enough
  } else {
    work_on((*buffer).stack, fulfil, &request);
  }
  return request.result;
}

layout::Ref raw_thread(const void* context, int32_t tid) {
  BorrowedBuffer buffer(tid);
  if (!buffer) return 0;
  Request request{&*buffer, context, 0};
  work_on((*buffer).stack, fulfil_for_raw_thread, &request);
  return request.result;
}

layout::Ref unknown() {
  BorrowedBuffer buffer;
  if (!buffer) return 0;
  StackTrace& trace = (*buffer).trace;
  trace.depth = 0;
  trace.flags = layout::kStackUnknown;
  return stack_table::intern(trace);
}

layout::Ref caller_alone(const Caller& caller, uint64_t function) {
  BorrowedBuffer buffer;
  if (!buffer) return 0;
  StackTrace& trace = (*buffer).trace;
  trace.pc[0] = caller.return_address - 1;
  trace.depth = 1;
  trace.flags = layout::kStackTruncated;
  objects::find(trace.pc[0]);  // enters its object in the tables, so that it gets its name
  if (function != 0) stack_trace::put_on_top(trace, function);
  return stack_table::intern(trace);
}

layout::Ref pseudo(uint64_t leaf, uint64_t root) {
  BorrowedBuffer buffer;
  if (!buffer) return 0;
  StackTrace& trace = (*buffer).trace;
  trace.pc[0] = leaf;
  trace.pc[1] = root;
  trace.depth = root == 0 ? 1 : 2;
  trace.flags = 0;
  // Enters its object in the tables, so that the address gets its name.
  if (root != 0) objects::find(root);
  return stack_table::intern(trace);
}

}  // namespace capture
