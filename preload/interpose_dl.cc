// Objects that go. (Objects that come are found when a walk first meets them; dlopen is not
// wrapped: its caller's address decides where it looks.)
#include <dlfcn.h>

#include "collectors/core/objects.h"
#include "collectors/core/stack_trace.h"
#include "env/safe/attributes.h"
#include "env/safe/real.h"

extern "C" EXPORT int dlclose(void* handle) noexcept {
  real::resolve();
  const int result = real::dlclose(handle);
  if (objects::forget_gone()) stack_trace::forget_code();
  return result;
}
