/* Dumps its heap twice to the same relative path (argv[2] if there is one), below the directory
 * argv[1].
 * usage: target_dumps_again DIRECTORY [PATH] */
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "include/profiler.h"

__attribute__((noinline)) static void site_before(void) {
  void *volatile block = malloc(1001);
  (void)block;
}
__attribute__((noinline)) static void site_between(void) {
  void *volatile block = malloc(1002);
  (void)block;
}

int main(int argc, char **argv) {
  const char *path = argc > 2 ? argv[2] : "dumped.pb.gz";
  if (argc < 2 || chdir(argv[1]) != 0) return 1;
  site_before();
  printf("%d ", profiler_dump("heap", path));
  site_between();
  printf("%d\n", profiler_dump("heap", path));
  return 0;
}
