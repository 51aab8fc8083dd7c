// A preload whose dlsym allocates, as some wrappers do. One block in 16 is kept, and freed or
// resized at the end.
#define _GNU_SOURCE
#include <dlfcn.h>
#include <stdlib.h>
#include <string.h>

// A size that libc, if it took a block of another's for its own, would see a mapping in.
enum { kKept = 8, kSize = 258 };
static void* kept[kKept];
static int count;

// Callers that ask what comes after them are before us in the list of preloads.
void* dlsym(void* handle, const char* name) {
  static void* (*next)(void*, const char*);
  if (next == NULL) *(void**)&next = dlvsym(RTLD_NEXT, "dlsym", "GLIBC_2.34");
  char* block = calloc(1, kSize);
  void* found = next(handle, name);
  memset(block, 1, kSize);
  if (count++ % 16 == 0 && count / 16 < kKept) {
    kept[count / 16] = block;
  } else {
    free(block);
  }
  return found;
}

__attribute__((destructor)) static void release(void) {
  for (int i = 0; i < kKept; i++) {
    if (kept[i] != NULL && i % 2 == 0) kept[i] = realloc(kept[i], 5000);
    free(kept[i]);
  }
}
