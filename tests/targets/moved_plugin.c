// What target_moves_files loads.
#include <stdlib.h>

void* volatile plugin_sink;

__attribute__((noinline)) void site_of_plugin(void) {
  plugin_sink = malloc(7019);
  __asm__ volatile("");
}
