// Burns CPU time, with LeakSanitizer's runtime; "leak" leaves a block that nothing points to, and
// asks for such blocks by itself first.
#include <sanitizer/lsan_interface.h>
#include <stdio.h>
#include <stdlib.h>

#include "tests/targets/burn.h"

__attribute__((noinline)) static void site_burn(void) {
  burn_iterations(200 * calibrate());
}

static void leaks(void) {
  char* volatile block = malloc(1009);
  block = NULL;
  (void)block;
}

int main(int argc, char** argv) {
  (void)argv;
  site_burn();
  if (argc > 1) {
    for (int i = 0; i < 20; i++) leaks();
    printf("found %d\n", __lsan_do_recoverable_leak_check());
  }
  site_burn();
  return puts("burnt") < 0;
}
