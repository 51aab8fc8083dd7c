// Allocates, then waits until a path is there.
#include <stdlib.h>
#include <unistd.h>

void* volatile sink;
__attribute__((noinline)) void site_of_waiter(void) {
  sink = malloc(7027);
}

int main(int argc, char** argv) {
  if (argc < 2) return 1;
  site_of_waiter();
  for (int tries = 0; tries < 5000 && access(argv[1], F_OK) != 0; tries++) usleep(1000);
  return 0;
}
