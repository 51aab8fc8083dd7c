// Blocks that go by other names than malloc and free. usage: own_names HOW
//   libc     libc's second names; nothing is in use at the end
//   handle   libc's functions from its handle; nothing is in use at the end
//   past     freed by a pointer that no profiler sees, and their addresses come back
//   forward  (own_names_forward) the program's own malloc hands on to the next one
//   inside   an allocator with a name of its own takes 64 MiB
#define _GNU_SOURCE
#include <dlfcn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

enum { kBlocks = 100 };
static void* blocks[kBlocks];

void* __libc_malloc(size_t size);
void __libc_free(void* p);
void* __libc_realloc(void* p, size_t size);

#ifdef FORWARDS
void* malloc(size_t size) {
  static void* (*next)(size_t);
  if (next == NULL) *(void**)&next = dlsym(RTLD_NEXT, "malloc");
  return next(size);
}

void free(void* p) {
  static void (*next)(void*);
  if (next == NULL) *(void**)&next = dlsym(RTLD_NEXT, "free");
  next(p);
}
#endif

__attribute__((noinline)) void site_named(void) {
  for (int i = 0; i < kBlocks; i++) blocks[i] = malloc(1000);
  __asm__ volatile("");
}

__attribute__((noinline)) void site_libc(void) {
  for (int i = 0; i < kBlocks; i++) blocks[i] = __libc_malloc(2000);
  for (int i = 0; i < kBlocks; i++) blocks[i] = __libc_realloc(blocks[i], 3000);
}

__attribute__((noinline)) void site_handle(void* (*allocate)(size_t)) {
  for (int i = 0; i < kBlocks; i++) blocks[i] = allocate(2000);
}

__attribute__((noinline)) char* _rjem_malloc(size_t size) {
  char* p = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  if (p == MAP_FAILED) exit(3);
  return memset(p, 1, size);
}

static void release(void (*how)(void*)) {
  for (int i = 0; i < kBlocks; i++) how(blocks[i]);
}

int main(int argc, char** argv) {
  const char* how = argc > 1 ? argv[1] : "";
  void* libc = dlopen("libc.so.6", RTLD_NOW);
  void* (*allocate)(size_t);
  void (*give_back)(void*);
  if (strcmp(how, "libc") == 0) {
    site_named();
    release(__libc_free);
    site_libc();
    release(free);
  } else if (strcmp(how, "handle") == 0) {
    site_named();
    *(void**)&give_back = dlsym(libc, "free");
    *(void**)&allocate = dlsym(libc, "malloc");
    release(give_back);
    site_handle(allocate);
    release(free);
  } else if (strcmp(how, "past") == 0) {
    site_named();
    *(void**)&give_back = dlvsym(libc, "free", "GLIBC_2.2.5");
    release(give_back);
    site_named();
  } else if (strcmp(how, "inside") == 0) {
    _rjem_malloc(64 << 20);
  } else {
    site_named();
  }
  return 0;
}
