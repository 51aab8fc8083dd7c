#include "collectors/core/capture.h"

#include "collectors/core/libunwind_backend.h"
#include "collectors/core/objects.h"
#include "collectors/core/stack_table.h"

namespace capture {

namespace {

struct Request {
  WalkBuffer* buffer;
  const void* context;          // or
  const Caller* caller;         // with
  const KnownRegisters* below;  // the registers of whom it called
  layout::Ref result;
};

void fulfil(void* of) {
  Request& request = *static_cast<Request*>(of);
  if (request.caller != nullptr) {
    stack_trace::capture_caller(*request.caller, *request.below, *request.buffer);
  } else {
    stack_trace::capture_context(request.context, *request.buffer);
  }
  request.result = stack_table::intern(request.buffer->trace);
}

void run(Request& request) {
  // libunwind needs more stack than ours; who asks for it has it.
  if (UNLIKELY(libunwind_backend::is_loaded())) return fulfil(&request);
  work_on(request.buffer->stack, fulfil, &request);
}

}  // namespace

NOINLINE layout::Ref caller(const Caller& caller) {
  BorrowedBuffer buffer;
  if (!buffer) return 0;
  KnownRegisters below;
  stack_trace::take_registers_here(below);
  Request request{&*buffer, nullptr, &caller, &below, 0};
  run(request);
  return request.result;
}

layout::Ref context(const void* context) {
  BorrowedBuffer buffer;
  if (!buffer) return 0;
  Request request{&*buffer, context, nullptr, nullptr, 0};
  run(request);
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
