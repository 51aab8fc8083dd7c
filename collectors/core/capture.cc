#include "collectors/core/capture.h"

#include "collectors/core/libunwind_backend.h"
#include "collectors/core/objects.h"
#include "collectors/core/stack_table.h"

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

void fulfil_for_stranger(void* of) {
  Request& request = *static_cast<Request*>(of);
  stack_trace::capture_stranger(request.context, *request.buffer);
  request.result = stack_table::intern(request.buffer->trace);
}

}  // namespace

// Not on a stack of ours: signals are open here, and a handler of the host's that came meanwhile
// would run there; or, where the host is in a handler on its alternate stack, the kernel would
// begin the next one at that stack's top, over the frames of the first.
NOINLINE layout::Ref caller(const Caller& caller, uint64_t function) {
  BorrowedBuffer buffer;
  if (!buffer) return 0;
  KnownRegisters below;
  stack_trace::take_registers_here(below);
  stack_trace::capture_caller(caller, below, *buffer);
  if (function != 0) stack_trace::put_on_top((*buffer).trace, function);
  return stack_table::intern((*buffer).trace);
}

layout::Ref caller(const Caller& of) {
  return caller(of, 0);
}

layout::Ref context(const void* context) {
  BorrowedBuffer buffer;
  if (!buffer) return 0;
  Request request{&*buffer, context, 0};
  if (UNLIKELY(libunwind_backend::is_loaded())) {
    fulfil(&request);  // it needs more stack than ours; who asks for it has it
  } else {
    work_on((*buffer).stack, fulfil, &request);
  }
  return request.result;
}

layout::Ref stranger(const void* context, uint64_t self) {
  BorrowedBuffer buffer(self);
  if (!buffer) return 0;
  Request request{&*buffer, context, 0};
  work_on((*buffer).stack, fulfil_for_stranger, &request);
  return request.result;
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
