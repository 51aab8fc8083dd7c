// Has as many mappings as its first argument says, and touches as many MiB of memory of its own as
// the second says.
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

int main(int argc, char** argv) {
  const int mappings = argc > 1 ? atoi(argv[1]) : 0;
  const size_t size = (size_t)(argc > 2 ? atoi(argv[2]) : 0) << 20;
  for (int i = 0; i < mappings; i++) {
    mmap(0, 4096, i % 2 ? PROT_READ : PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  }
  if (size != 0) {
    char* memory = mmap(0, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    madvise(memory, size, MADV_NOHUGEPAGE);
    memset(memory, 1, size);
  }
  void* (*const volatile allocate)(size_t) = malloc;
  void* volatile block = allocate(1 << 20);
  memset(block, 1, 1 << 20);
  puts("mapped");
  return 0;
}
