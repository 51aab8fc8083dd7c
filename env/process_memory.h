// How much memory the process has, as the kernel counts it.
//
// From counters that the kernel keeps anyway: /proc/self/smaps and its sums would walk the page
// tables, which takes seconds where a process has hundreds of gigabytes.
#pragma once

#include <cstddef>
#include <cstdint>

namespace process_memory {

// Bytes. 0 where the kernel does not tell.
struct Counters {
  uint64_t resident, anonymous, files, shared;  // the first is the sum of the others
  uint64_t swapped;
  uint64_t main_stack;  // size of its mapping
  bool filtered;        // a seccomp filter may forbid what it likes
};

// False, with nothing known, without /proc. Context: cold; one thread at a time.
bool read(Counters& counters);

// How many mappings there are, or `limit` if there are more. Context: as above.
unsigned count_mappings(unsigned limit);

// Bytes of [start, end) that are resident, whether or not all of it is mapped. Context: any.
uint64_t resident_in(uint64_t start, uint64_t end);

// The same for a stack below `top` of at most `size` bytes: up to the first stretch of 1 MiB where
// nothing is. Context: any.
uint64_t resident_below(uint64_t top, uint64_t size);

}  // namespace process_memory
