// Gives the modes of its own tables other names, as far as they stand there: "heap" becomes "evil",
// and so does the program's own profile "mine".
#include "include/profiler.h"
#include "own_tables.h"

__attribute__((noinline)) void* site_of_renames_modes(size_t size) {
  return malloc(size);
}

int main(void) {
  static char key;
  profiler_custom_add(profiler_custom("mine"), &key, 0);
  free(site_of_renames_modes(100));
  char* tables = own_tables();
  if (tables == NULL) return 7;
  int changed = 0;
  for (char* at = tables; at < tables + 65536 - 5; at++) {
    if (memcmp(at, "heap\0", 5) != 0 && memcmp(at, "mine", 4) != 0) continue;
    memcpy(at, "evil", 4);
    changed++;
  }
  return changed >= 2 ? 7 : 8;
}
