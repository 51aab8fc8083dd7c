// `many_spawns N`: N programs by posix_spawn and N by system, then a second of work.
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>

#include "burn.h"

extern char** environ;

__attribute__((noinline)) void burn_last_second(void) {
  const int64_t start = thread_cpu_ns();
  while (thread_cpu_ns() - start < 1000000000) burn_iterations(20000);
}

int main(int argc, char** argv) {
  const int count = argc > 1 ? atoi(argv[1]) : 1;
  int bad = 0;
  for (int i = 0; i < count; i++) {
    char* words[] = {"true", 0};
    pid_t child;
    int status = -1;
    if (posix_spawn(&child, "/bin/true", 0, 0, words, environ) == 0) waitpid(child, &status, 0);
    bad += status != 0;
    bad += system(":") != 0;
  }
  burn_last_second();
  printf("%d bad\n", bad);
  return 0;
}
