// Two children, one ends by exit and one by _exit; each process allocates at a site of its own, and
// the children inherit a block of the parent that they free.
#include <sys/wait.h>
#include <unistd.h>

#include <cstdlib>

#include "truth.h"

void* volatile sink;
static void* keep(void* p) {
  sink = p;
  return p;
}
SITE void* site_parent() {
  return keep(malloc(3001));
}
SITE void* site_child_exit() {
  return keep(malloc(3011));
}
SITE void* site_child_underscore_exit() {
  return keep(malloc(3019));
}
SITE void* site_parent_after() {
  return keep(malloc(3023));
}

static int wait_for(pid_t child) {
  int status = 0;
  waitpid(child, &status, 0);
  return status;
}

int main() {
  void* inherited = site_parent();
  site_parent();
  const pid_t first = fork();
  if (first == 0) {
    free(inherited);
    for (int i = 0; i < 3; i++) site_child_exit();
    exit(7);
  }
  const int first_status = wait_for(first);
  const pid_t second = fork();
  if (second == 0) {
    for (int i = 0; i < 5; i++) site_child_underscore_exit();
    _exit(8);
  }
  const int second_status = wait_for(second);
  site_parent_after();
  printf("%d %d\n", WEXITSTATUS(first_status), WEXITSTATUS(second_status));
  return 0;
}
