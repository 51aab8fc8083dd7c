// Loads a plugin that lies beside the program (RUNPATH=$ORIGIN) by its bare name; hands it blocks to
// free, and frees what it gets for them. usage: loads_plugin [deep]
#define _GNU_SOURCE
#include <dlfcn.h>
#include <stdio.h>
#include <stdlib.h>

enum { kBlocks = 1000 };

__attribute__((noinline)) void* site_of_host(void) { return malloc(100); }

int main(int argc, char** argv) {
  (void)argv;
  void* blocks[kBlocks];
  void* plugin = dlopen("target_bound_past.so", RTLD_NOW | (argc > 1 ? RTLD_DEEPBIND : 0));
  if (plugin == NULL) return puts(dlerror()), 2;
  void (*exchange)(void**, int);
  *(void**)&exchange = dlsym(plugin, "exchange");
  for (int round = 0; round < 20; round++) {
    for (int i = 0; i < kBlocks; i++) blocks[i] = site_of_host();
    exchange(blocks, kBlocks);
    for (int i = 0; i < kBlocks; i++) free(blocks[i]);
  }
  puts("exchanged");
  return 0;
}
