// The malloc family where a call may be a sample, or releases one.
//
// Reached by tail jumps from the exported functions, so that the frame above theirs is the host's.
// The guard is held across the real call: an allocator that allocates through us is not counted
// twice. Context: any thread, inside malloc.
#pragma once

#include <stddef.h>
#include <stdint.h>

// The bytes of a calloc. One that would wrap is refused by the real calloc, and is no sample.
inline size_t product(size_t a, size_t b) {
  size_t bytes;
  return __builtin_mul_overflow(a, b, &bytes) ? SIZE_MAX : bytes;
}

void* sampled_malloc(size_t size);
void* sampled_calloc(size_t count, size_t each);
int sampled_posix_memalign(void** result, size_t alignment, size_t size);
void* sampled_aligned_alloc(size_t alignment, size_t size);
void* sampled_memalign(size_t alignment, size_t size);
void* sampled_valloc(size_t size);
void* sampled_pvalloc(size_t size);
void* sampled_realloc(void* p, size_t size);
void sampled_free(void* p);
