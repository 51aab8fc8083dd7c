// mlockall for a host that may lock little (RLIMIT_MEMLOCK): the kernel counts all that is mapped,
// ours too, and refuses what it would allow without us.
#pragma once

namespace locked_memory {

// What mlockall(flags) does, mapping by mapping, to all but our own memory; false, with nothing
// done, where nothing is recorded or the rest is more than the limit too.
// Context: after the host's mlockall has failed.
bool lock_hosts(int flags);

}  // namespace locked_memory
