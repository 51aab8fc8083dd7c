// Signals while this library writes: the files take time that the bare program would not have used.
#pragma once

#include <cstdint>

namespace signals_at_end {

enum class Host {
  kGoesOn,  // after a dump, or as another image
  kEnds,    // only destructors and handlers of its exit follow
};

// While it lives this thread runs no handler: it stands on private stacks and owns the writing.
// Faults stay open, because the kernel ends a process that blocks its own fault.
// Where the host ends, a signal that would end it by default does nothing in any thread: the bare
// program would have ended before. Context: the thread that writes; one at a time in a process.
class Hold {
 public:
  explicit Hold(Host host);
  ~Hold();
  Hold(const Hold&) = delete;
  Hold& operator=(const Hold&) = delete;
  // No code of the host follows, so what is pending meets nothing.
  void keep() { is_kept_ = true; }

 private:
  uint64_t mask_before_ = 0;
  bool is_kept_ = false;
};

// Another thread forks while one writes. Context: forked child.
void forked();

}  // namespace signals_at_end
