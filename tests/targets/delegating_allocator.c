// An allocator whose other functions call its malloc and free as any caller would: by name, but for
// realloc of a block, which does its own work.
#include <errno.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

void* __libc_malloc(size_t size);
void __libc_free(void* p);

// The size, and where libc's block begins, lie before each block.
static size_t* words(void* p) { return (size_t*)p - 2; }

static void* place(size_t alignment, size_t size) {
  if (size > PTRDIFF_MAX - alignment - 16) return NULL;
  char* block = __libc_malloc(size + alignment + 16);
  if (block == NULL) return NULL;
  char* p = (char*)(((uintptr_t)block + 16 + alignment - 1) & ~(alignment - 1));
  words(p)[0] = size;
  words(p)[1] = (size_t)(p - block);
  return p;
}

void* malloc(size_t size) {
  void* p = place(16, size);
  if (p == NULL) errno = ENOMEM;
  return p;
}

void free(void* p) {
  if (p != NULL) __libc_free((char*)p - words(p)[1]);
}

size_t malloc_usable_size(void* p) { return p == NULL ? 0 : words(p)[0]; }

void* calloc(size_t count, size_t each) {
  size_t size;
  if (__builtin_mul_overflow(count, each, &size)) return NULL;
  void* p = malloc(size);
  return p == NULL ? NULL : memset(p, 0, size);
}

void* realloc(void* p, size_t size) {
  if (p != NULL && size == 0) {
    free(p);
    return NULL;
  }
  if (p == NULL) return malloc(size);
  void* q = place(16, size);
  if (q == NULL) return NULL;
  memcpy(q, p, words(p)[0] < size ? words(p)[0] : size);
  free(p);
  return q;
}

void* memalign(size_t alignment, size_t size) { return place(alignment, size); }
void* aligned_alloc(size_t alignment, size_t size) { return memalign(alignment, size); }
void* valloc(size_t size) { return memalign(4096, size); }
void* pvalloc(size_t size) { return memalign(4096, (size + 4095) & ~(size_t)4095); }

int posix_memalign(void** result, size_t alignment, size_t size) {
  if (alignment < sizeof(void*) || (alignment & (alignment - 1)) != 0) return EINVAL;
  *result = memalign(alignment, size);
  return *result == NULL ? ENOMEM : 0;
}
