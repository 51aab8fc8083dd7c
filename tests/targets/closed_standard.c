// Closes its standard descriptors while threads go on writing to them; what is opened next gets the
// first of these numbers. Exits with what it got.
#include <fcntl.h>
#include <pthread.h>
#include <stdlib.h>
#include <unistd.h>

static void* writes(void* unused) {
  for (;;) {
    if (write(1, "junk", 4) < 0 && write(2, "junk", 4) < 0) sched_yield();
  }
  return unused;
}

// So that the profile takes a while to be written.
__attribute__((noinline)) static int allocates(int depth) {
  for (int i = 0; i < 60; i++) {
    void* volatile block = malloc((size_t)i * (size_t)i);
    (void)block;
  }
  return depth == 0 ? 0 : allocates(depth - 1) + 1;
}

int main(void) {
  pthread_t thread;
  allocates(120);
  close(0), close(1), close(2);
  const int next = open("/dev/null", O_RDONLY);
  close(next);
  // Numbers 1 and 2 are free, 0 is not.
  open("/dev/null", O_RDONLY);
  for (int i = 0; i < 3; i++) pthread_create(&thread, NULL, writes, NULL);
  usleep(20000);
  exit(next + 5);
}
