// Stands for `profiler`, and leaves a file beside itself: PATH.executed.
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

int main(void) {
  char path[4096 + 16];
  const ssize_t size = readlink("/proc/self/exe", path, 4096);
  if (size <= 0) return 1;
  strcpy(path + size, ".executed");
  return open(path, O_WRONLY | O_CREAT, 0600) < 0;
}
