// Whether this process is the first of its tree under the profiler.
#pragma once

namespace tree {

// True if the parent was started with this library preloaded as well. The environment that it was
// started with tells; where that cannot be read (another user's, no /proc) the answer is no.
// Context: start.
bool parent_is_profiled(int parent_pid);

}  // namespace tree
