#include "preload/linkage/allocator_findings.h"

#include <utility>

#include "collectors/heap.h"
#include "collectors/unwind/objects.h"
#include "env/sys/log.h"
#include "env/sys/real.h"
#include "preload/linkage/symbol_lookup.h"

namespace allocators {

Finding finding;
bool says_trouble;

// Below ours, but where the program or a library before us defines one.
const void* malloc_in_use() {
  const void* first = symbol_lookup::first("malloc");
  return objects::is_own(reinterpret_cast<uint64_t>(first))
             ? reinterpret_cast<const void*>(real::malloc)
             : first;
}

const char* trouble() {
  return finding == Finding::kInProgram && !heap::was_reached()
             ? "the program defines malloc itself: what it allocates is not seen"
             : nullptr;
}

void say_trouble() {
  if (!std::exchange(says_trouble, false) || trouble() == nullptr) return;
  logging::Line(logging::Level::kError)
      << "heap: the program has an allocator of its own (it defines malloc): what it allocates is "
         "not seen";
}

const char* circumstance() {
  return finding == Finding::kBeforeUs
             ? "another malloc stands before the profiler's: its calls are followed in the objects "
               "that were there at the start"
             : nullptr;
}

}  // namespace allocators
