// A child made without libc's fork frees all of its copy and allocates; the parent keeps its blocks.
#define _GNU_SOURCE
#include <stdio.h>
#include <stdlib.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

static void* blocks[1000];

int main(int argc, char** argv) {
  (void)argv;
  for (int i = 0; i < 1000; i++) blocks[i] = malloc(1009);
  const pid_t child = argc > 1 ? _Fork() : (pid_t)syscall(SYS_fork);
  if (child == 0) {
    for (int i = 0; i < 1000; i++) free(blocks[i]);
    for (int i = 0; i < 500; i++) {
      void* volatile block = malloc(7001);
      (void)block;
    }
    _exit(0);
  }
  int status;
  waitpid(child, &status, 0);
  puts("done");
  return status;
}
