// Which allocators the program has, and how its calls reach us: found out once, at the start.
#pragma once

namespace allocators {

// Leads to us what would go past: entry points of allocators of their own, C++'s operators where
// they do not come to malloc, and all of a library's that stands before us. A program that defines
// malloc itself nobody can lead; that is told if `says`. Context: start, heap is recorded.
void take_over(bool says);

// The path of AddressSanitizer's runtime if it stands behind us, which it refuses; else null.
// Context: start.
const char* sanitizer_behind_us();

// The malloc that the host's calls reach, past ours; null if nobody has one. Context: start.
const void* malloc_in_use();

// What was found, for the comments: what is missing from the profile, and what is only to be known.
// Null: nothing. Context: any.
const char* trouble();
const char* circumstance();

}  // namespace allocators
