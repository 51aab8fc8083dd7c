// A library whose constructor comes before all others, also before ours: it allocates, and frees at
// the end.
#include <stdlib.h>

static void* blocks[10000];

__attribute__((constructor)) static void allocate_early(void) {
  for (int i = 0; i < 10000; i++) {
    blocks[i] = i % 3 == 0 ? malloc((size_t)i) : i % 3 == 1 ? calloc(1, (size_t)i) : realloc(NULL, (size_t)i);
  }
}
__attribute__((destructor)) static void free_late(void) {
  for (int i = 0; i < 10000; i++) free(blocks[i]);
}
