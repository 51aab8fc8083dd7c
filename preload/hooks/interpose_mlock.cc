// mlockall: what is ours is not the host's to pay for.
#include <errno.h>
#include <sys/mman.h>

#include "env/sys/compiler/attributes.h"
#include "env/sys/real.h"
#include "preload/hooks/locked_memory.h"

extern "C" {

EXPORT int mlockall(int flags) noexcept {
  real::resolve();
  const int errno_before = errno;
  const int result = real::mlockall(flags);
  if (result == 0 || errno != ENOMEM || (flags & MCL_CURRENT) == 0) return result;
  if (!locked_memory::lock_hosts(flags)) return result;
  errno = errno_before;
  return 0;
}

}  // extern "C"
