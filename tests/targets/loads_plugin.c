// Loads a plugin that lies beside the program (RUNPATH=$ORIGIN) by its bare name; hands it blocks to
// free, and frees what it gets for them. usage: loads_plugin [deep | apart]
//
// apart: another plugin works, in a namespace of its own with a libc of its own.
#define _GNU_SOURCE
#include <dlfcn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { kBlocks = 1000 };

__attribute__((noinline)) void* site_of_host(void) { return malloc(100); }

static int works_apart(void) {
  void* plugin = dlmopen(LM_ID_NEWLM, "target_naps_in_plugin.so", RTLD_NOW);
  if (plugin == NULL) return puts(dlerror()), 2;
  int (*work)(int);
  *(void**)&work = dlsym(plugin, "works_in_plugin");
  free(site_of_host());
  puts(work(300) > 0 ? "worked" : "did not work");
  return dlclose(plugin) != 0;
}

int main(int argc, char** argv) {
  if (argc > 1 && strcmp(argv[1], "apart") == 0) return works_apart();
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
