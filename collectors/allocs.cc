// The heap's samples with the allocated bytes in front.
#include "collectors/heap.h"

extern const Collector allocs_collector;
const Collector allocs_collector = heap::describe("allocs", 1);
