#include "collectors/unwind/libunwind_backend.h"

#include <dlfcn.h>

#include "collectors/unwind/objects.h"

namespace libunwind_backend {

namespace {

// From libunwind-x86_64.h: the opaque cursor, and the numbers of the requests.
struct Cursor {
  uint64_t opaque[127];
};
constexpr int kInstructionPointer = 16;
constexpr int kFromSignalFrame = 1;

int (*get_context)(ucontext_t*);
int (*init_local)(Cursor*, ucontext_t*, int);
int (*step)(Cursor*);
int (*get_register)(Cursor*, int, uint64_t*);
int (*is_signal_frame)(Cursor*);

template <typename Function>
bool look_up(void* library, const char* name, Function*& function) {
  function = reinterpret_cast<Function*>(dlsym(library, name));
  return function != nullptr;
}

}  // namespace

bool load() {
  void* library = dlopen("libunwind.so.8", RTLD_NOW | RTLD_LOCAL);
  return library != nullptr && look_up(library, "_Ux86_64_getcontext", get_context) &&
         look_up(library, "_ULx86_64_init_local2", init_local) &&
         look_up(library, "_ULx86_64_is_signal_frame", is_signal_frame) &&
         look_up(library, "_ULx86_64_get_reg", get_register) &&
         look_up(library, "_ULx86_64_step", step);
}

bool is_loaded() {
  return step != nullptr;
}

NOINLINE bool capture(const void* context, unsigned depth, StackTrace& trace) {
  ucontext_t here;
  auto* from = static_cast<ucontext_t*>(const_cast<void*>(context));
  if (from == nullptr) get_context(&here);
  Cursor cursor;
  trace.depth = 0;
  if (init_local(&cursor, from == nullptr ? &here : from, from == nullptr ? 0 : kFromSignalFrame) !=
      0) {
    return true;
  }
  bool exact = from != nullptr;
  do {
    uint64_t pc = 0;
    if (get_register(&cursor, kInstructionPointer, &pc) != 0 || pc == 0) break;
    if (!exact) pc--;
    if (!objects::is_own(pc)) {
      if (trace.depth == depth) return false;
      trace.pc[trace.depth++] = pc;
      // Enters the object in the tables, so that the address gets its name.
      objects::find(pc);
    }
    exact = is_signal_frame(&cursor) > 0;
  } while (step(&cursor) > 0);
  return true;
}

}  // namespace libunwind_backend
