// Objects that go. (Objects that come are found when a walk first meets them; dlopen is not
// wrapped: its caller's address decides where it looks.)
#include <dlfcn.h>

#include "collectors/snapshot/snapshot_on_demand.h"
#include "collectors/unwind/objects.h"
#include "collectors/unwind/stack_trace.h"
#include "env/sys/compiler/attributes.h"
#include "env/sys/real.h"

extern "C" EXPORT int dlclose(void* handle) noexcept {
  const Caller caller = CALLER_OF_THIS_FUNCTION();
  real::resolve();
  // A slice walks other threads' stacks, which may leave this code and unload it meanwhile.
  snapshot_on_demand::hold_off(caller.sp);
  const int result = real::dlclose(handle);
  snapshot_on_demand::go_on();
  if (objects::forget_gone()) stack_trace::forget_code();
  return result;
}
