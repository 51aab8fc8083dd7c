/* Dumps its heap twice to the same relative path, below the directory argv[1].
 * usage: target_dumps_again DIRECTORY */
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
  if (argc < 2 || chdir(argv[1]) != 0) return 1;
  site_before();
  printf("%d ", profiler_dump("heap", "dumped.pb.gz"));
  site_between();
  printf("%d\n", profiler_dump("heap", "dumped.pb.gz"));
  return 0;
}
