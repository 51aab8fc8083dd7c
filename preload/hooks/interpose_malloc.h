// The malloc family: which way its calls go.
#pragma once

#include <stddef.h>

#include "env/sys/compiler/attributes.h"

// Ours, by names that no other object's definition stands before.
extern "C" {
HIDDEN void* own_malloc(size_t size) noexcept;
HIDDEN void own_free(void* p) noexcept;
HIDDEN void* own_calloc(size_t count, size_t each) noexcept;
HIDDEN void* own_realloc(void* p, size_t size) noexcept;
HIDDEN int own_posix_memalign(void** result, size_t alignment, size_t size) noexcept;
HIDDEN void* own_aligned_alloc(size_t alignment, size_t size) noexcept;
HIDDEN void* own_memalign(size_t alignment, size_t size) noexcept;
}

namespace interpose_malloc {

// Finds the next definitions, if no call has done so yet. Context: start.
void settle_now();

// The next definitions are another allocator's than libc's: its functions may call each other by
// name, which is counted once. Context: start.
void expect_calls_of_its_own();

}  // namespace interpose_malloc
