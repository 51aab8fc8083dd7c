// A plugin; loaded with RTLD_DEEPBIND it has libc's malloc and free, whatever stands before.
#include <stdlib.h>

void exchange(void** blocks, int count) {
  for (int i = 0; i < count; i++) {
    free(blocks[i]);
    blocks[i] = i % 2 ? malloc(200) : NULL;
  }
}
