// Which allocators the program has, and how its calls reach us: found out once, at the start.
#pragma once

namespace allocators {

// Leads to us what would go past: entry points of allocators of their own, C++'s operators where
// they do not come to malloc, and all of a library's // they do not come to malloc, libc's second
// names, and all of a library's that stands before us. The calls of a program that defines malloc
// itself reach us only if that malloc hands them on. The first process of a tree `says` at the end
// what is not seen. Context: start, heap is recorded.
void take_over(bool says);

// The path of AddressSanitizer's runtime if it stands behind us, which it refuses; else null.
// Context: start.
const char* sanitizer_behind_us();

}  // namespace allocators
