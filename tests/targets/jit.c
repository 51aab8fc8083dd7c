// Makes functions at run time, with frame pointers and without symbols, calls through them what
// burns CPU time, and says in the perf map where they are. Arguments: milliseconds for each burn,
// "none" for no map. Prints the map's path: names are looked for after the end, so the process that
// started this one removes the map.
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "burn.h"

// push %rbp; mov %rsp,%rbp; call *%rdi; pop %rbp; ret
static const unsigned char kCode[] = {0x55, 0x48, 0x89, 0xe5, 0xff, 0xd7, 0x5d, 0xc3};
enum { kNameless = 0, kOuter = 256, kInner = 512 };

typedef void (*Function)(void (*callee)(void));
static unsigned char* page;
static int64_t wanted_ns;

static Function made_at(int offset) {
  return (Function)((uintptr_t)page + (uintptr_t)offset);
}

__attribute__((noinline)) void burn(void) {
  int64_t start = thread_cpu_ns();
  while (thread_cpu_ns() - start < wanted_ns) burn_iterations(kSeldom);
}

__attribute__((noinline)) void call_inner(void) {
  made_at(kInner)(burn);
  __asm__ volatile("");
}

static void write_map(void) {
  char path[64];
  snprintf(path, sizeof path, "/tmp/perf-%d.map", (int)getpid());
  FILE* map = fopen(path, "w");
  if (map == NULL) exit(4);
  uintptr_t outer = (uintptr_t)page + kOuter;
  uintptr_t inner = (uintptr_t)page + kInner;
  fprintf(map, "%" PRIxPTR " 200 moved_away\n", outer);  // was where both are now
  fprintf(map, "not a line of a map\n");
  fprintf(map, "%" PRIxPTR " %zx my_jit_function\n", outer, sizeof kCode);
  fprintf(map, "%" PRIxPTR " %zx JS:*inner /srv/a b.js:12:3\n", inner, sizeof kCode);
  fclose(map);
  puts(path);
}

int main(int argc, char** argv) {
  wanted_ns = (argc > 1 ? atol(argv[1]) : 300) * INT64_C(1000000);
  page = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  if (page == MAP_FAILED) return 3;
  memcpy(page + kNameless, kCode, sizeof kCode);
  memcpy(page + kOuter, kCode, sizeof kCode);
  memcpy(page + kInner, kCode, sizeof kCode);
  if (mprotect(page, 4096, PROT_READ | PROT_EXEC) != 0) return 3;
  if (argc <= 2) write_map();
  made_at(kNameless)(burn);
  made_at(kOuter)(burn);
  made_at(kOuter)(call_inner);
  return 0;
}
