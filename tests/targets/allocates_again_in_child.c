/* A forked child allocates where its parent has allocated before. */
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

enum { kBlocks = 50 };

__attribute__((noinline)) static void site(void) {
  void *volatile block = malloc(1000);
  (void)block;
}

int main(void) {
  int status = -1;
  for (int i = 0; i < kBlocks; i++) site();
  const pid_t child = fork();
  if (child == 0) {
    for (int i = 0; i < kBlocks; i++) site();
    _exit(0);
  }
  waitpid(child, &status, 0);
  return status;
}
